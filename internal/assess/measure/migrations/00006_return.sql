-- +goose Up
-- What is asked of regions, period by period.
CREATE TABLE measure_form (
    code       text PRIMARY KEY,
    body       text NOT NULL,                   -- all of it, as JSON
    retired_at bigint,
    revision   bigint NOT NULL
);

-- What one region answers for one period. There is none until somebody begins it.
CREATE TABLE measure_return (
    id           text PRIMARY KEY,              -- form/unit/period
    form         text NOT NULL,
    unit         text NOT NULL,
    region_path  text NOT NULL,
    period       text NOT NULL,
    state        text NOT NULL,                 -- open, submitted, accepted
    step         bigint NOT NULL,               -- approvals given so far
    round        bigint NOT NULL,               -- 1, and one more for each correction
    reason       text NOT NULL,                 -- of a correction
    answers      text NOT NULL,                 -- by element, as JSON
    history      text NOT NULL,                 -- who did what when, as JSON
    writers      text NOT NULL,                 -- ids of all who wrote in this round, as JSON
    accepted_at  bigint,
    changed_at   bigint NOT NULL,
    revision     bigint NOT NULL
);
CREATE INDEX measure_return_form ON measure_return (form, period, region_path);

-- What values must agree with.
CREATE TABLE measure_rule (
    code       text PRIMARY KEY,
    body       text NOT NULL,
    retired_at bigint,
    revision   bigint NOT NULL
);
