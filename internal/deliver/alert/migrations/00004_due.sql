-- +goose Up
-- From when on, and for how long, a terminal sounds an order: what it is due by follows.
-- 0 where an order was stored before this was kept.
ALTER TABLE alert_order ADD COLUMN starts_at bigint NOT NULL DEFAULT 0;
ALTER TABLE alert_order ADD COLUMN lasts bigint NOT NULL DEFAULT 0;
