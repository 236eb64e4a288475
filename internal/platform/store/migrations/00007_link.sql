-- +goose Up
-- The nodes that this one is joined to, or was: the one above, and those below.
CREATE TABLE platform_link (
    id           text PRIMARY KEY,
    above        boolean NOT NULL,
    site         text NOT NULL,
    region       text NOT NULL,               -- code of the region that it serves
    region_path  text NOT NULL,
    level        text NOT NULL,
    state        text NOT NULL,               -- invited, joined, revoked
    secret       text NOT NULL,               -- of an invitation, sealed
    nkey         text NOT NULL,               -- public key of the node below
    seed         text NOT NULL,               -- private key of the node below, sealed; kept there only
    authority    text NOT NULL,               -- the other node's SM2 public key, hexadecimal
    ca           text NOT NULL,               -- PEM of the authority of the upper node's certificate
    address      text NOT NULL,               -- tls://host:port of the upper node
    created_name text NOT NULL,
    created_at   bigint NOT NULL,
    expires_at   bigint,                      -- of an invitation
    joined_at    bigint,
    revoked_at   bigint,
    up           boolean NOT NULL,            -- whether it answered when last looked at
    since_at     bigint,                      -- since when
    changed_at   bigint NOT NULL
);
CREATE UNIQUE INDEX platform_link_site ON platform_link (site) WHERE state <> 'revoked';
CREATE UNIQUE INDEX platform_link_above ON platform_link (above) WHERE above AND state = 'joined';
