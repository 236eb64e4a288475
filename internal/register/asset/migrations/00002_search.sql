-- +goose Up
-- What changed since, for those who keep a copy of what the register can be searched for.
CREATE INDEX asset_device_updated ON asset_device (updated_at);
