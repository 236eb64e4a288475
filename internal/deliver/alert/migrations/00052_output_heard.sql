-- +goose Up
-- A far side's heartbeat says that it is there, not that it carried anything.
ALTER TABLE alert_output ADD COLUMN heard_at bigint;
