-- +goose Up
-- Messages of which what came of them is to be stated as facts, and when next.
CREATE TABLE measure_due (
    message_id text PRIMARY KEY,
    due_at     bigint NOT NULL
);
CREATE INDEX measure_due_at ON measure_due (due_at);
