-- +goose Up
-- What is made of facts.
CREATE TABLE measure_indicator (
    code       text PRIMARY KEY,
    body       text NOT NULL,                   -- all of it, as JSON
    built_in   boolean NOT NULL,
    retired_at bigint,
    revision   bigint NOT NULL
);

-- Every wording of an indicator, so that a number can be read as it was meant.
CREATE TABLE measure_indicator_version (
    code     text NOT NULL,
    revision bigint NOT NULL,
    body     text NOT NULL,
    at       bigint NOT NULL,
    by_id    text NOT NULL,
    by_name  text NOT NULL,
    PRIMARY KEY (code, revision)
);
