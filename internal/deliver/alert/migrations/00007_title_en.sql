-- +goose Up
-- The English title of the shown version, for lists; empty where a message has none.
ALTER TABLE alert_message ADD COLUMN title_en text NOT NULL DEFAULT '';
