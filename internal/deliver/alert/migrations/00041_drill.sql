-- +goose Up
-- A drill: what was planned, how far it is, and, when it is over, what came of it.
CREATE TABLE alert_drill (
    id            text PRIMARY KEY,
    region_path   text NOT NULL,                 -- the smallest region that holds the whole area
    name          text NOT NULL,
    kind          text NOT NULL,
    state         text NOT NULL,
    at            bigint NOT NULL,               -- when it is to begin
    announced     boolean NOT NULL,              -- the duty staff know beforehand
    plan          text NOT NULL,
    planners      text NOT NULL,                 -- everybody who wrote it, the first first
    message_id    text NOT NULL,                 -- empty before it begins
    created_at    bigint NOT NULL,
    approved_by   text NOT NULL,
    approved_name text NOT NULL,
    approved_at   bigint,
    reminded_at   bigint,
    started_by    text NOT NULL,
    started_name  text NOT NULL,
    started_at    bigint,
    ended_at      bigint,
    off_by        text NOT NULL,                 -- who called it off, or stopped it midway
    off_name      text NOT NULL,
    off_at        bigint,
    off_reason    text NOT NULL,
    evaluation    text,
    total         text,                          -- of the result, for lists
    result        text,                          -- frozen when it was over
    revision      bigint NOT NULL
);
CREATE INDEX alert_drill_region ON alert_drill (region_path, id);
CREATE INDEX alert_drill_state ON alert_drill (state, at);
CREATE UNIQUE INDEX alert_drill_message ON alert_drill (message_id) WHERE message_id <> '';

-- What was noted while a drill ran. Entries are never changed.
CREATE TABLE alert_drill_entry (
    id    text PRIMARY KEY,
    drill text NOT NULL REFERENCES alert_drill (id),
    kind  text NOT NULL,                         -- note, tick, untick
    step  bigint NOT NULL,                       -- of the checklist, from 0
    body  text NOT NULL,
    person text NOT NULL,
    name  text NOT NULL,
    at    bigint NOT NULL
);
CREATE INDEX alert_drill_entry_drill ON alert_drill_entry (drill, id);
