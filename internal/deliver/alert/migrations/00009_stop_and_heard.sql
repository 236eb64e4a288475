-- +goose Up
-- Messages that a stop silenced in its regions and that went on elsewhere, beside those it ended.
ALTER TABLE alert_stop ADD COLUMN thinned text NOT NULL DEFAULT '[]';

-- Which version the newest sample of a microphone is of, and whether any version was heard.
ALTER TABLE alert_delivery ADD COLUMN heard_version bigint NOT NULL DEFAULT 0;
ALTER TABLE alert_delivery ADD COLUMN heard_ever boolean NOT NULL DEFAULT false;
UPDATE alert_delivery SET heard_version = version WHERE heard_at IS NOT NULL AND playing_at IS NOT NULL AND heard_at >= playing_at;
UPDATE alert_delivery SET heard_ever = true WHERE heard_at IS NOT NULL AND heard_dbfs >= -6000;
