-- +goose Up
-- What timetables played is deleted once it was kept long enough, the oldest first.
CREATE INDEX alert_message_everyday ON alert_message (ends_at) WHERE class = 'everyday';
