-- +goose Up
-- Nothing asks when an import last reported: one that is not under way in the process was cut off by a stop.
ALTER TABLE measure_import DROP COLUMN seen_at;
