-- +goose Up
-- What people are owed.
CREATE TABLE measure_standard (
    id           text PRIMARY KEY,
    code         text NOT NULL,
    kind         text NOT NULL,
    name_zh      text NOT NULL,
    name_en      text NOT NULL,
    region_code  text NOT NULL,
    region_path  text NOT NULL,
    sample       boolean NOT NULL,
    created_by   text NOT NULL,
    created_name text NOT NULL,
    created_at   bigint NOT NULL,
    revision     bigint NOT NULL
);
CREATE UNIQUE INDEX measure_standard_code ON measure_standard (region_code, code);

-- Each wording of a standard; whether it binds follows from its state and the dates in it.
CREATE TABLE measure_standard_version (
    standard_id text NOT NULL REFERENCES measure_standard (id),
    number      bigint NOT NULL,
    state       text NOT NULL,
    body        text NOT NULL,                  -- all of it, as JSON
    created_at  bigint NOT NULL,
    PRIMARY KEY (standard_id, number)
);

-- What parties said of a version, and what was answered.
CREATE TABLE measure_standard_comment (
    id          text PRIMARY KEY,
    standard_id text NOT NULL REFERENCES measure_standard (id),
    number      bigint NOT NULL,
    item        text NOT NULL,                  -- its key; empty for the whole
    party       text NOT NULL,
    stance      text NOT NULL,
    reason      text NOT NULL,
    source      text NOT NULL,                  -- account, letter, …
    source_note text NOT NULL,
    received    text NOT NULL,                  -- date
    by_id       text NOT NULL,
    by_name     text NOT NULL,
    at          bigint NOT NULL,
    verdict     text NOT NULL,                  -- of the answer; empty until there is one
    answer      text NOT NULL,
    answer_id   text NOT NULL,
    answer_name text NOT NULL,
    answered_at bigint,
    revision    bigint NOT NULL
);
CREATE INDEX measure_standard_comment_version ON measure_standard_comment (standard_id, number, id);

-- The impact that was reckoned each time a version was submitted.
CREATE TABLE measure_standard_impact (
    sm3         text NOT NULL,
    standard_id text NOT NULL REFERENCES measure_standard (id),
    number      bigint NOT NULL,
    body        text NOT NULL,
    at          bigint NOT NULL,
    PRIMARY KEY (standard_id, number, sm3)
);
