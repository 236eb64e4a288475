-- +goose Up
-- What a timetable is called in English; empty where nobody said.
ALTER TABLE channel_timetable ADD COLUMN name_en text NOT NULL DEFAULT '';
