-- +goose Up
-- Heads of the audit chain that the node signed: whoever rewrites the chain without the
-- node's keys cannot sign the new one.
CREATE TABLE platform_audit_head (
    seq         bigint PRIMARY KEY,     -- of the last record that the head covers
    hash        text NOT NULL,
    certificate text NOT NULL,          -- of the key that signed, base64
    signature   text NOT NULL,          -- SM2 with SM3, base64
    signed_at   bigint NOT NULL
);
