-- +goose Up
CREATE TABLE account_browser (              -- in which browsers somebody has signed in
    browser text NOT NULL,                  -- SM3 of the cookie's value
    user_id text NOT NULL,
    seen_at bigint NOT NULL,                -- last sign-in
    PRIMARY KEY (browser, user_id)
);
CREATE INDEX account_browser_user ON account_browser (user_id);
ALTER TABLE account_session ADD COLUMN browser text NOT NULL DEFAULT '';
