-- +goose Up
CREATE TABLE platform_outbox (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    aggregate    text NOT NULL,
    version      bigint NOT NULL,
    payload      text NOT NULL,
    created_at   bigint NOT NULL,
    published_at bigint
);
CREATE INDEX platform_outbox_waiting ON platform_outbox (id) WHERE published_at IS NULL;

CREATE TABLE platform_inbox (
    consumer   text NOT NULL,
    event_id   text NOT NULL,
    handled_at bigint NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX platform_inbox_age ON platform_inbox (handled_at);

CREATE TABLE platform_audit (
    id          text PRIMARY KEY,
    at          bigint NOT NULL,
    actor       text NOT NULL,
    actor_name  text NOT NULL,
    action      text NOT NULL,
    object      text NOT NULL,
    region_path text NOT NULL,
    detail      text NOT NULL,
    request     text NOT NULL,
    address     text NOT NULL,
    sealed      boolean NOT NULL DEFAULT false
);
CREATE INDEX platform_audit_unsealed ON platform_audit (id) WHERE NOT sealed;
CREATE INDEX platform_audit_object ON platform_audit (object, id);
CREATE INDEX platform_audit_actor ON platform_audit (actor, id);

-- One row per sealed record, in chain order. A record is sealed once, by the sealer.
CREATE TABLE platform_audit_seal (
    seq       bigint PRIMARY KEY,
    record_id text NOT NULL UNIQUE,
    hash      text NOT NULL,
    sealed_at bigint NOT NULL
);

CREATE TABLE platform_setting (
    name       text PRIMARY KEY,
    value      text NOT NULL,
    updated_at bigint NOT NULL
);
