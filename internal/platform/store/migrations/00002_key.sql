-- +goose Up
CREATE TABLE platform_key (
    id          text PRIMARY KEY,
    purpose     text NOT NULL,          -- authority, signing, receipt, tls-authority, tls-mqtt
    serial      text NOT NULL,          -- certificate number, hex
    certificate text NOT NULL,          -- base64: GD/J 081 certificate, or DER for TLS
    public      text NOT NULL,          -- base64
    sealed      text NOT NULL,          -- base64: private key under the keyring's sealer
    created_at  bigint NOT NULL,
    retired_at  bigint
);
CREATE INDEX platform_key_purpose ON platform_key (purpose, id);
