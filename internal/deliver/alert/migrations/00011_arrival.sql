-- +goose Up
-- Where a message came into the house: the desk, a platform above or below, a source of CAP,
-- a timetable, a telephone; and what the source was called then.
ALTER TABLE alert_message ADD COLUMN origin text NOT NULL DEFAULT 'desk';
ALTER TABLE alert_message ADD COLUMN source text NOT NULL DEFAULT '';
ALTER TABLE alert_message ADD COLUMN source_name text NOT NULL DEFAULT '';

-- What came from outside, each thing once: a message, an update of it or its end.
CREATE TABLE alert_arrival (
    id          text PRIMARY KEY,
    origin      text NOT NULL,
    source      text NOT NULL,
    source_name text NOT NULL,
    ref         text NOT NULL,                 -- what identifies it at the source
    earlier     text NOT NULL,                 -- refs that it updates or cancels
    act         text NOT NULL,                 -- new, update, cancel
    message_id  text NOT NULL,                 -- the message that it became or changed; empty for none
    number      bigint NOT NULL,               -- version that it became, 0 for none
    region_path text NOT NULL,
    kind        text NOT NULL,
    class       text NOT NULL,
    event       text NOT NULL,
    severity    text NOT NULL,
    title       text NOT NULL,
    doubts      text NOT NULL,                 -- why a person should look at it
    original    text NOT NULL,                 -- digest of what came, as it came
    mime        text NOT NULL,
    state       text NOT NULL,                 -- waiting, issued, ended, refused, dismissed, nothing
    reason      text NOT NULL,                 -- why it was refused, as problem details
    arrived_at  bigint NOT NULL,
    alone_at    bigint,                        -- when it goes out though nobody answered
    alone       boolean NOT NULL,              -- it went out without anybody's countersignature
    taken_by    text NOT NULL,                 -- who looks after it
    taken_name  text NOT NULL,
    taken_at    bigint,
    reviewed_by text NOT NULL,                 -- who looked at it after the fact
    reviewed_at bigint,
    note        text NOT NULL
);
CREATE UNIQUE INDEX alert_arrival_ref ON alert_arrival (source, ref);
CREATE INDEX alert_arrival_message ON alert_arrival (message_id, id);
CREATE INDEX alert_arrival_waiting ON alert_arrival (id) WHERE state = 'waiting';
CREATE INDEX alert_arrival_alone ON alert_arrival (alone_at) WHERE alone_at IS NOT NULL;
CREATE INDEX alert_arrival_original ON alert_arrival (original);
