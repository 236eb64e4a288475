-- +goose Up
-- Browsers that asked to be told of what is sent to a place (RFC 8030).
CREATE TABLE alert_push (
    id          text PRIMARY KEY,
    endpoint    text NOT NULL UNIQUE,          -- the browser maker's address for this browser
    p256dh      text NOT NULL,                 -- its keys: nobody between reads what is pushed
    auth        text NOT NULL,
    region_path text NOT NULL,
    lang        text NOT NULL,
    minor       boolean NOT NULL,              -- everyday messages too
    created_at  bigint NOT NULL,
    pushed_at   bigint
);
CREATE INDEX alert_push_region ON alert_push (region_path, id);

-- The key by which push services know this platform (RFC 8292).
CREATE TABLE alert_push_key (
    id      bigint PRIMARY KEY,
    public  text NOT NULL,
    private text NOT NULL                      -- sealed
);
