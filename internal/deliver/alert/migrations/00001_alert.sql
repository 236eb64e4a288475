-- +goose Up
CREATE TABLE alert_sequence (
    name  text PRIMARY KEY,
    value bigint NOT NULL
);

CREATE TABLE alert_message (
    id             text PRIMARY KEY,
    no             bigint NOT NULL UNIQUE,     -- small key of the delivery tables
    ebmid          text NOT NULL,              -- empty until issued
    kind           text NOT NULL,
    class          text NOT NULL,
    region_path    text NOT NULL,
    state          text NOT NULL,
    current_number bigint NOT NULL,            -- version on the air, 0 for none
    open_number    bigint NOT NULL,            -- version being worked on, 0 for none
    last_number    bigint NOT NULL,
    title          text NOT NULL,              -- of the shown version, for lists
    event          text NOT NULL,
    severity       text NOT NULL,
    sameness       text NOT NULL,              -- of the current version, to know duplicates
    starts_at      bigint,
    ends_at        bigint NOT NULL,
    last_end       bigint,
    created_by     text NOT NULL,
    created_name   text NOT NULL,
    created_at     bigint NOT NULL,
    updated_at     bigint NOT NULL,
    issued_at      bigint,
    ended_at       bigint,
    end_reason     text NOT NULL,
    end_note       text NOT NULL,
    figures        text,                       -- frozen when it ended
    request_key    text UNIQUE,                -- creator and Idempotency-Key
    revision       bigint NOT NULL
);
CREATE INDEX alert_message_state ON alert_message (state, ends_at);
CREATE INDEX alert_message_region ON alert_message (region_path, id);
CREATE INDEX alert_message_unfrozen ON alert_message (id) WHERE state = 'ended' AND figures IS NULL;
CREATE INDEX alert_message_same ON alert_message (sameness);

CREATE TABLE alert_version (
    message_id   text NOT NULL REFERENCES alert_message (id),
    number       bigint NOT NULL,
    state        text NOT NULL,
    content      text NOT NULL,
    digest       text NOT NULL,
    editors      text NOT NULL,
    checked_by   text NOT NULL,
    checked_at   bigint,
    required     bigint NOT NULL,
    rule         text NOT NULL,
    standing     text NOT NULL,                -- what the rules were asked
    forced       text NOT NULL,
    reach        text NOT NULL,
    rejection    text,
    created_at   bigint NOT NULL,
    issued_at    bigint,
    PRIMARY KEY (message_id, number)
);

CREATE TABLE alert_approval (
    message_id text NOT NULL,
    number     bigint NOT NULL,
    person     text NOT NULL,
    name       text NOT NULL,
    digest     text NOT NULL,                  -- exactly what was approved
    at         bigint NOT NULL,
    PRIMARY KEY (message_id, number, person, digest)
);

CREATE TABLE alert_media (
    sm3         text NOT NULL,
    message_id  text NOT NULL,
    region_path text NOT NULL,
    mime        text NOT NULL,
    bytes       bigint NOT NULL,
    issued      boolean NOT NULL,              -- anybody may fetch it
    created_at  bigint NOT NULL,
    PRIMARY KEY (sm3, message_id)
);

-- Rules, templates, precedence and pronunciations: the current row and every earlier one.
CREATE TABLE alert_rule (
    kind         text NOT NULL,
    key          text NOT NULL,
    version      bigint NOT NULL,
    body         text NOT NULL,
    retired      boolean NOT NULL,
    changed_by   text NOT NULL,
    changed_name text NOT NULL,
    changed_at   bigint NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE TABLE alert_rule_version (
    kind         text NOT NULL,
    key          text NOT NULL,
    version      bigint NOT NULL,
    body         text NOT NULL,
    retired      boolean NOT NULL,
    changed_by   text NOT NULL,
    changed_name text NOT NULL,
    changed_at   bigint NOT NULL,
    PRIMARY KEY (kind, key, version)
);

CREATE TABLE alert_stop (
    id          text PRIMARY KEY,
    no          bigint NOT NULL UNIQUE,
    region_path text NOT NULL,
    regions     text NOT NULL,
    reason      text NOT NULL,
    person      text NOT NULL,
    name        text NOT NULL,
    at          bigint NOT NULL,
    until_at    bigint NOT NULL,
    messages    text NOT NULL
);

CREATE TABLE alert_handoff (
    id          text PRIMARY KEY,
    message_id  text NOT NULL,
    region_path text NOT NULL,
    township    text NOT NULL,
    devices     text NOT NULL,
    party       text NOT NULL,                 -- whom it was handed to
    contact     text NOT NULL,
    note        text NOT NULL,
    state       text NOT NULL,
    created_by  text NOT NULL,
    created_at  bigint NOT NULL,
    closed_by   text,
    closed_at   bigint,
    outcome     text NOT NULL
);
CREATE INDEX alert_handoff_message ON alert_handoff (message_id, id);
