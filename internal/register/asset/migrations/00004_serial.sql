-- +goose Up
CREATE INDEX asset_device_serial ON asset_device (serial) WHERE serial <> '';
