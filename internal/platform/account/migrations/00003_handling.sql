-- +goose Up
CREATE TABLE account_handling (             -- who made an account usable for somebody: created, granted or reset it
    id         text PRIMARY KEY,
    user_id    text NOT NULL,
    kind       text NOT NULL,               -- create, grant, reset
    by_id      text NOT NULL,
    by_name    text NOT NULL,
    at         bigint NOT NULL,
    settled_by text,                        -- another administrator, who vouched for the person
    settled_at bigint
);
CREATE INDEX account_handling_user ON account_handling (user_id, at);
