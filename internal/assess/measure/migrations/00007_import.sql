-- +goose Up
-- Files of facts that somebody brought.
CREATE TABLE measure_import (
    id          text PRIMARY KEY,
    region_path text NOT NULL,
    body        text NOT NULL,                  -- how far it is, as JSON
    by_id       text NOT NULL,
    state       text NOT NULL,
    seen_at     bigint NOT NULL                 -- when it last reported
);
CREATE INDEX measure_import_by ON measure_import (by_id, id);

-- What is to be told of single lines.
CREATE TABLE measure_import_line (
    import_id text NOT NULL,
    n         bigint NOT NULL,
    line      bigint NOT NULL,
    place     text NOT NULL,                    -- cell, or the line
    kind      text NOT NULL,                    -- bad, odd
    code      text NOT NULL,
    args      text NOT NULL,
    PRIMARY KEY (import_id, n)
);
