-- +goose Up

-- Keys of programs that open cases by Open311.
CREATE TABLE casework_api_key (
    id         text   NOT NULL PRIMARY KEY,
    name       text   NOT NULL,
    digest     text   NOT NULL, -- SHA-256 of the key, which is told once
    per_minute bigint NOT NULL,
    at         bigint NOT NULL,
    by_id      text   NOT NULL,
    by_name    text   NOT NULL,
    revoked_at bigint
);
CREATE UNIQUE INDEX casework_api_key_digest ON casework_api_key (digest);

-- Lists of other programs go by type and the day of opening.
CREATE INDEX casework_case_opened ON casework_case (type, opened_at);
