-- +goose Up
-- What facts are about.
CREATE TABLE measure_element (
    code       text PRIMARY KEY,
    body       text NOT NULL,                   -- all of it, as JSON
    built_in   boolean NOT NULL,
    retired_at bigint,
    revision   bigint NOT NULL
);

-- The tree of regions as sums are kept for it; one that is gone keeps its place.
CREATE TABLE measure_region (
    code   text PRIMARY KEY,
    parent text NOT NULL,
    path   text NOT NULL,
    gone   boolean NOT NULL
);

-- Every version of every fact; only superseded_at is ever written later.
CREATE TABLE measure_fact (
    id            text PRIMARY KEY,
    element       text NOT NULL,
    unit          text NOT NULL,                -- region code, or "kind:id" of what stands in a region
    region_path   text NOT NULL,
    n             bigint NOT NULL,              -- which period of the element's kind
    ref           text NOT NULL,                -- tells facts of one unit and period apart; empty for what is stated once
    version       bigint NOT NULL,
    value         bigint,                       -- millionths; NULL: withdrawn
    at            bigint NOT NULL,              -- when it was so
    recorded_at   bigint NOT NULL,
    superseded_at bigint,                       -- when the next version was recorded
    source        text NOT NULL,
    origin        text NOT NULL,                -- what it came from: alert:…, import:…, return:…
    by_id         text NOT NULL,
    by_name       text NOT NULL,
    reason        text NOT NULL,                -- of a correction or withdrawal
    corrects      boolean NOT NULL              -- changes what was locked
);
CREATE UNIQUE INDEX measure_fact_chain ON measure_fact (element, unit, n, ref, version);
CREATE INDEX measure_fact_origin ON measure_fact (origin, id);

-- Periods and units whose values are final; a change after that is a correction.
CREATE TABLE measure_lock (
    element   text NOT NULL,
    unit      text NOT NULL,
    n         bigint NOT NULL,
    origin    text NOT NULL,                    -- what locked it
    locked_at bigint NOT NULL,
    PRIMARY KEY (element, unit, n)
);

-- What an element adds up to for a unit and all below it, a span of periods in a row.
CREATE TABLE measure_block (
    element text NOT NULL,
    unit    text NOT NULL,
    days    boolean NOT NULL,
    start   bigint NOT NULL,
    data    text NOT NULL,                      -- base64
    PRIMARY KEY (element, days, start, unit)
);

-- One row: who changes sums does so alone, and readers see that something changed.
CREATE TABLE measure_cube (
    id      text PRIMARY KEY,
    version bigint NOT NULL
);
