-- +goose Up
-- A thing may be a device of the register. It is judged from one day on until another, both as
-- dates, empty where there is none.
ALTER TABLE measure_thing ADD COLUMN device text NOT NULL DEFAULT '';
ALTER TABLE measure_thing ADD COLUMN since text NOT NULL DEFAULT '';
ALTER TABLE measure_thing ADD COLUMN until text NOT NULL DEFAULT '';
ALTER TABLE measure_thing DROP COLUMN retired_at;
CREATE INDEX measure_thing_region ON measure_thing (region_path, id);
