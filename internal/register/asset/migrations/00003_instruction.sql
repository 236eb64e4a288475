-- +goose Up
-- What devices were told beside messages and have not confirmed: one row for each thing
-- told, so that a newer setting takes the place of an older one.
CREATE TABLE asset_instruction (
    device_id text NOT NULL REFERENCES asset_device (id),
    what      text NOT NULL, -- volume, period, test, place
    order_id  text NOT NULL,
    value     text NOT NULL, -- JSON
    by_name   text NOT NULL,
    at        bigint NOT NULL,
    until     bigint NOT NULL, -- given up then
    sent_at   bigint,
    PRIMARY KEY (device_id, what)
);
CREATE INDEX asset_instruction_until ON asset_instruction (until);
