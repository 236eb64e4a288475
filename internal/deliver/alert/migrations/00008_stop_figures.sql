-- +goose Up
-- What came of a stop, kept once it is over.
ALTER TABLE alert_stop ADD COLUMN figures text;
CREATE INDEX alert_stop_unfrozen ON alert_stop (until_at) WHERE figures IS NULL;
