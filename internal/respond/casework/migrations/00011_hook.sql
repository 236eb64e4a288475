-- +goose Up

-- Programs that are told what becomes of cases.
CREATE TABLE casework_hook (
    id          text   NOT NULL PRIMARY KEY,
    name        text   NOT NULL,
    url         text   NOT NULL,
    types       text   NOT NULL, -- JSON; all if empty
    news        text   NOT NULL, -- JSON
    region_path text   NOT NULL,
    secret      text   NOT NULL, -- sealed, base64
    at          bigint NOT NULL,
    by_id       text   NOT NULL,
    by_name     text   NOT NULL,
    failures    bigint NOT NULL, -- in a row
    failure     text   NOT NULL,
    paused_at   bigint
);

-- What they are to be told, and were.
CREATE TABLE casework_hook_notice (
    id       text    NOT NULL PRIMARY KEY,
    hook_id  text    NOT NULL,
    case_id  text    NOT NULL,
    news     text    NOT NULL,
    body     text    NOT NULL,
    since    bigint  NOT NULL, -- when it was first to be sent
    next_at  bigint,           -- none when it was sent or given up
    attempts bigint  NOT NULL,
    sent_at  bigint,
    failure  text    NOT NULL
);
CREATE INDEX casework_hook_notice_hook ON casework_hook_notice (hook_id, id);
CREATE INDEX casework_hook_notice_next ON casework_hook_notice (next_at) WHERE next_at IS NOT NULL;

-- Addresses of people's calendars.
CREATE TABLE casework_calendar (
    account text   NOT NULL PRIMARY KEY,
    digest  text   NOT NULL, -- SHA-256 of the token, which is told once
    at      bigint NOT NULL
);
CREATE UNIQUE INDEX casework_calendar_digest ON casework_calendar (digest);
