-- +goose Up
-- When something of an element was last stated, changed or withdrawn.
CREATE TABLE measure_stated (
    element text PRIMARY KEY,
    at      bigint NOT NULL
);
INSERT INTO measure_stated (element, at) SELECT element, max(recorded_at) FROM measure_fact GROUP BY element;

-- Dashboards that people assemble themselves.
CREATE TABLE measure_board (
    id         text PRIMARY KEY,
    owner_id   text NOT NULL,
    shared     text NOT NULL,                   -- empty: nobody else; "*": whoever may read; else a role
    body       text NOT NULL,                   -- all of it, as JSON
    changed_at bigint NOT NULL,
    revision   bigint NOT NULL
);
CREATE INDEX measure_board_owner ON measure_board (owner_id, id);
