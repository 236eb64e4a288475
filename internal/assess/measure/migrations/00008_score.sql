-- +goose Up
-- What stands in a region and is judged: operators, outlets, screens.
CREATE TABLE measure_thing (
    id          text PRIMARY KEY,               -- kind:id
    kind        text NOT NULL,
    region_path text NOT NULL,
    name_zh     text NOT NULL,
    name_en     text NOT NULL,
    sample      boolean NOT NULL,
    retired_at  bigint,
    revision    bigint NOT NULL
);
CREATE INDEX measure_thing_kind ON measure_thing (kind, id);

-- Composite indices.
CREATE TABLE measure_index (
    code       text PRIMARY KEY,
    body       text NOT NULL,                   -- all of it, as JSON
    retired_at bigint,
    revision   bigint NOT NULL
);

-- Who is judged by which index, with what reward or penalty.
CREATE TABLE measure_method (
    code       text PRIMARY KEY,
    body       text NOT NULL,
    state      text NOT NULL,                   -- draft, pilot, force, retired
    revision   bigint NOT NULL
);

-- A method applied to a period. What it came to is frozen when it goes to the hearing and once
-- more when it is published.
CREATE TABLE measure_assessment (
    id           text PRIMARY KEY,
    method       text NOT NULL,
    period       text NOT NULL,
    pilot        boolean NOT NULL,
    state        text NOT NULL,                 -- draft, hearing, published, dropped
    body         text NOT NULL,
    results      text NOT NULL,                 -- JSON, empty for a draft
    revision     bigint NOT NULL
);
CREATE INDEX measure_assessment_method ON measure_assessment (method, period);

-- What somebody who is judged says against it, and what came of that.
CREATE TABLE measure_objection (
    id            text PRIMARY KEY,
    assessment_id text NOT NULL,
    region_path   text NOT NULL,
    state         text NOT NULL,                -- open, accepted, rejected, withdrawn
    body          text NOT NULL,
    revision      bigint NOT NULL
);
CREATE INDEX measure_objection_of ON measure_objection (assessment_id, id);
