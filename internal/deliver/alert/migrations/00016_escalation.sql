-- +goose Up
-- Rows of the table of escalations that were looked at for a version of a message, and what
-- was found.
CREATE TABLE alert_escalation (
    message_id text NOT NULL,
    number     bigint NOT NULL,
    rule       text NOT NULL,
    at         bigint NOT NULL,
    targets    bigint NOT NULL,                -- in the townships that fell short
    reached    bigint NOT NULL,
    townships  text NOT NULL,                  -- that fell short; empty where enough was reached
    outputs    bigint NOT NULL,                -- outputs that carry it since
    PRIMARY KEY (message_id, number, rule)
);
