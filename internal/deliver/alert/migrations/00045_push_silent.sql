-- +goose Up
-- Since when a browser's push service does not answer: such browsers are pushed to last, and
-- forgotten after a month.
ALTER TABLE alert_push ADD COLUMN silent_since bigint;
ALTER TABLE alert_push DROP COLUMN pushed_at;
