-- +goose Up
-- A named source of CAP: a feed that is fetched, or somebody who sends. What it is trusted
-- with stands here; what becomes of its messages is for the rules.
CREATE TABLE alert_cap_source (
    id            text PRIMARY KEY,
    kind          text NOT NULL,               -- pull, push
    name_zh       text NOT NULL,
    name_en       text NOT NULL,
    region_path   text NOT NULL,               -- whom it may speak to
    level         text NOT NULL,               -- of whoever answers for it
    settings      text NOT NULL,
    trust         text NOT NULL,
    secret        text NOT NULL,               -- a hash, or sealed; empty for none
    enabled       boolean NOT NULL,
    retired       boolean NOT NULL,
    created_at    bigint NOT NULL,
    changed_at    bigint NOT NULL,
    heard_at      bigint,                      -- last fetched, or last sent by it
    new_at        bigint,                      -- when it last had something new
    failed_at     bigint,
    failing_since bigint,                      -- NULL while it does well
    failures      bigint NOT NULL,             -- in a row
    failure       text NOT NULL,               -- the last one
    revision      bigint NOT NULL
);

-- What a source said, each alert once, and what was thought of it.
CREATE TABLE alert_cap_alert (
    id         text PRIMARY KEY,
    source     text NOT NULL REFERENCES alert_cap_source (id),
    ref        text NOT NULL,                  -- sender,identifier,sent
    sender     text NOT NULL,
    identifier text NOT NULL,
    sent       bigint NOT NULL,
    status     text NOT NULL,
    msg_type   text NOT NULL,
    event      text NOT NULL,
    severity   text NOT NULL,
    title      text NOT NULL,
    verdict    text NOT NULL,                  -- taken, ignored, refused
    reason     text NOT NULL,                  -- why it was not taken
    digest     text NOT NULL,                  -- by which it is known again
    arrival    text NOT NULL,                  -- record of what became of it; empty for none
    at         bigint NOT NULL
);
CREATE UNIQUE INDEX alert_cap_alert_ref ON alert_cap_alert (source, ref);
CREATE INDEX alert_cap_alert_identifier ON alert_cap_alert (source, sender, identifier, sent);
CREATE INDEX alert_cap_alert_at ON alert_cap_alert (at);
