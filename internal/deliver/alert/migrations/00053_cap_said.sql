-- +goose Up
-- What an alert of CAP said, whatever its document looked like: another text under the same
-- sender, identifier and time of sending is told from the same one sent again. Empty: not known.
ALTER TABLE alert_cap_alert ADD COLUMN said text NOT NULL DEFAULT '';
