-- +goose Up
-- Sounds and pictures that a source's alert names: fetched beside the message, which never
-- waits for them, and offered to whoever looks after it.
CREATE TABLE alert_cap_resource (
    id         text PRIMARY KEY,
    source     text NOT NULL REFERENCES alert_cap_source (id),
    arrival    text NOT NULL,                  -- what it came with
    message_id text NOT NULL,
    lang       text NOT NULL,                  -- of the info that names it
    title      text NOT NULL,
    uri        text NOT NULL,                  -- empty: the content stood in the alert
    sha1       text NOT NULL,                  -- as the alert says; empty for nothing
    state      text NOT NULL,                  -- wanted, held, refused
    reason     text NOT NULL,
    sm3        text NOT NULL,                  -- of what is held
    mime       text NOT NULL,
    bytes      bigint NOT NULL,
    attempts   bigint NOT NULL,
    next_at    bigint,                         -- when it is fetched; NULL for never more
    created_at bigint NOT NULL
);
CREATE INDEX alert_cap_resource_due ON alert_cap_resource (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX alert_cap_resource_message ON alert_cap_resource (message_id, id);
