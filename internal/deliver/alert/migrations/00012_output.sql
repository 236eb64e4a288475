-- +goose Up
-- An output of the house that is no terminal of the register: a platform below, a TV head, a
-- gateway for short messages, web push, the public's TVs.
CREATE TABLE alert_output (
    id          text PRIMARY KEY,
    kind        text NOT NULL,
    name_zh     text NOT NULL,
    name_en     text NOT NULL,
    region_path text NOT NULL,                 -- whom it reaches
    tier        bigint NOT NULL,               -- 1 takes messages at once, more only what fell short
    fits        text NOT NULL,                 -- which messages it takes
    settings    text NOT NULL,
    secret      text NOT NULL,                 -- sealed; empty for none
    enabled     boolean NOT NULL,
    retired     boolean NOT NULL,
    created_at  bigint NOT NULL,
    changed_at  bigint NOT NULL,
    ok_at       bigint,                        -- when it last carried something
    failed_at   bigint,
    failure     text NOT NULL,                 -- the last one
    revision    bigint NOT NULL
);

-- What one output is to carry: a version of a message, its end, or a stop.
CREATE TABLE alert_output_task (
    id           text PRIMARY KEY,
    output       text NOT NULL REFERENCES alert_output (id),
    message_id   text NOT NULL,                -- or the stop's
    number       bigint NOT NULL,
    act          text NOT NULL,                -- play, cancel, stop
    region_path  text NOT NULL,
    rank         bigint NOT NULL,
    state        text NOT NULL,
    attempts     bigint NOT NULL,
    next_at      bigint,                       -- when it is carried, or again; NULL for never more
    until_at     bigint NOT NULL,              -- not after this
    sent_at      bigint,                       -- the far side took it
    confirmed_at bigint,                       -- the far side says that it is on the air
    done_at      bigint,
    proof        text NOT NULL,                -- what the far side said
    failure      text NOT NULL,
    created_at   bigint NOT NULL,
    changed_at   bigint NOT NULL
);
CREATE UNIQUE INDEX alert_output_task_once ON alert_output_task (message_id, output, number, act);
CREATE INDEX alert_output_task_due ON alert_output_task (output, next_at) WHERE next_at IS NOT NULL;

-- Far sides name messages by their EBMID.
CREATE INDEX alert_message_ebmid ON alert_message (ebmid) WHERE ebmid <> '';
