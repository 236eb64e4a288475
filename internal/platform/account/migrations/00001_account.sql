-- +goose Up
CREATE TABLE account_user (
    id              text PRIMARY KEY,
    username        text NOT NULL UNIQUE,   -- folded to lower case
    name            text NOT NULL,
    region_path     text NOT NULL,          -- where the person belongs; who administers them
    lang            text NOT NULL,
    theme           text NOT NULL,
    disabled        boolean NOT NULL,
    password        text NOT NULL,          -- argon2id, PHC string; empty when only OIDC signs in
    password_at     bigint,
    password_change boolean NOT NULL,       -- must be changed at the next sign-in
    signed_in_at    bigint,
    signed_in_from  text NOT NULL,
    created_at      bigint NOT NULL,
    version         bigint NOT NULL
);

CREATE TABLE account_password (             -- earlier passwords, so that none comes back
    id      text PRIMARY KEY,
    user_id text NOT NULL,
    hash    text NOT NULL
);
CREATE INDEX account_password_user ON account_password (user_id, id);

CREATE TABLE account_totp (
    user_id   text NOT NULL,
    pending   boolean NOT NULL,             -- shown but not yet proved
    sealed    text NOT NULL,                -- base64, under the keyring
    last_step bigint NOT NULL,              -- last time step used; an older code is a replay
    PRIMARY KEY (user_id, pending)
);

CREATE TABLE account_passkey (
    id         text PRIMARY KEY,
    user_id    text NOT NULL,
    name       text NOT NULL,
    credential text NOT NULL UNIQUE,        -- credential id, base64url
    record     text NOT NULL,               -- public key, flags, sign count (JSON)
    created_at bigint NOT NULL,
    used_at    bigint
);
CREATE INDEX account_passkey_user ON account_passkey (user_id);

CREATE TABLE account_recovery (
    user_id text NOT NULL,
    hash    text NOT NULL,
    used_at bigint,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE account_identity (             -- the same person at an outside sign-in service
    issuer  text NOT NULL,
    subject text NOT NULL,
    user_id text NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
);

CREATE TABLE account_session (
    id         text PRIMARY KEY,
    token      text NOT NULL UNIQUE,        -- SM3 of the cookie's value
    user_id    text NOT NULL,
    state      text NOT NULL,
    created_at bigint NOT NULL,
    seen_at    bigint NOT NULL,
    fresh_at   bigint,
    address    text NOT NULL,
    agent      text NOT NULL,
    challenge  text NOT NULL,               -- passkey ceremony under way (JSON)
    failures   bigint NOT NULL              -- wrong second factors in this session
);
CREATE INDEX account_session_user ON account_session (user_id, id);

CREATE TABLE account_attempt (              -- failed sign-ins by user name and by address
    name     text PRIMARY KEY,
    failures bigint NOT NULL,
    last_at  bigint NOT NULL,
    until    bigint NOT NULL                -- no further attempt before
);

CREATE TABLE account_role (
    id          text PRIMARY KEY,
    name_zh     text NOT NULL,
    name_en     text NOT NULL,
    permissions text NOT NULL,              -- JSON list
    separate    boolean NOT NULL            -- one of the administrators of whom a person may be one only
);

CREATE TABLE account_grant (
    id          text PRIMARY KEY,
    user_id     text NOT NULL,
    role_id     text NOT NULL,
    region_path text NOT NULL,
    granted_at  bigint NOT NULL,
    granted_by  text NOT NULL,
    UNIQUE (user_id, role_id, region_path)
);
