-- +goose Up
-- Numbers that the whole node counts up and never gives twice.
CREATE TABLE platform_sequence (
    name  text PRIMARY KEY,
    value bigint NOT NULL
);
