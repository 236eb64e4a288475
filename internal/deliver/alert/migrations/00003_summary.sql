-- +goose Up
-- What came of a message that is over: its curve and its figures by township, worked out
-- once. The figures in all stand in alert_message, for lists.
CREATE TABLE alert_summary (
    message_id text PRIMARY KEY REFERENCES alert_message (id),
    body       text NOT NULL
);
