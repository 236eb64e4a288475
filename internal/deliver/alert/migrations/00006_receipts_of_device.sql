-- +goose Up
-- One terminal's receipts are read without going through a city's.
CREATE INDEX alert_receipt_device ON alert_receipt (thread, device, id);
