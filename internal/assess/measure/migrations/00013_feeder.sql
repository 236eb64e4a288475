-- +goose Up
-- Other systems that state facts.
CREATE TABLE measure_feeder (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    region      text NOT NULL,                  -- code
    region_path text NOT NULL,
    elements    text NOT NULL,                  -- codes, as JSON
    secret      text NOT NULL UNIQUE,           -- SHA-256 of what it proves itself by
    made_by     text NOT NULL,
    made_at     bigint NOT NULL,
    last_at     bigint,
    revoked_at  bigint
);
