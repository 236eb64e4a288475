-- +goose Up
-- Tables of answers that somebody brought, and what the returns said before.
CREATE TABLE measure_sheet (
    id     text PRIMARY KEY,
    by_id  text NOT NULL,
    body   text NOT NULL,                       -- what came of it, as JSON
    was    text NOT NULL                        -- the returns as they were, as JSON; empty once taken back
);
