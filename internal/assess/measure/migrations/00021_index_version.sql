-- +goose Up
-- Every wording of a composite index, so that a score can be seen as it stood.
CREATE TABLE measure_index_version (
    code     text NOT NULL,
    revision bigint NOT NULL,
    body     text NOT NULL,
    at       bigint NOT NULL,
    PRIMARY KEY (code, revision)
);
INSERT INTO measure_index_version (code, revision, body, at) SELECT code, revision, body, 0 FROM measure_index;
