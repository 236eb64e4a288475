-- +goose Up
-- Under which version of the facts an element's sums last changed.
ALTER TABLE measure_element ADD COLUMN changed bigint NOT NULL DEFAULT 0;
