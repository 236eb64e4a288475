-- +goose Up
-- What a region's loudspeakers play by the clock.
CREATE TABLE channel_timetable (
    id               text PRIMARY KEY,
    name             text NOT NULL,
    region_code      text NOT NULL,
    region_path      text NOT NULL,
    level            text NOT NULL,             -- of its region
    sample           boolean NOT NULL,          -- comes with the sample city
    published_number bigint NOT NULL,           -- 0: none
    draft_number     bigint NOT NULL,           -- the version being worked on, 0: none
    last_number      bigint NOT NULL,
    looked_at        bigint,                    -- until when its occurrences were made
    retired_at       bigint,
    created_by       text NOT NULL,
    created_name     text NOT NULL,
    created_at       bigint NOT NULL,
    revision         bigint NOT NULL
);
CREATE INDEX channel_timetable_region ON channel_timetable (region_path);

-- One wording; one that was published never changes.
CREATE TABLE channel_version (
    timetable_id text NOT NULL,
    number       bigint NOT NULL,
    state        text NOT NULL,                 -- draft, submitted, published, superseded, discarded
    body         text NOT NULL,                 -- all of it, as JSON
    created_at   bigint NOT NULL,
    PRIMARY KEY (timetable_id, number)
);

-- A sound that somebody uploaded; its bytes are an object.
CREATE TABLE channel_recording (
    sm3         text NOT NULL,
    region_path text NOT NULL,
    name        text NOT NULL,
    mime        text NOT NULL,
    bytes       bigint NOT NULL,
    millis      bigint NOT NULL,
    created_by  text NOT NULL,
    created_at  bigint NOT NULL,
    PRIMARY KEY (sm3, region_path)
);

-- One time that a slot plays.
CREATE TABLE channel_occurrence (
    id           text PRIMARY KEY,              -- what identifies it where it is handed over
    timetable_id text NOT NULL,
    number       bigint NOT NULL,               -- of the version that it follows from
    slot_id      text NOT NULL,
    digest       text NOT NULL,                 -- of what plays; unique while it stands
    region_path  text NOT NULL,
    kind         text NOT NULL,
    title        text NOT NULL,
    starts_at    bigint NOT NULL,
    ends_at      bigint NOT NULL,
    state        text NOT NULL,                 -- planned, handed, withdrawing, withdrawn, over, skipped, refused, missed, dropped
    reason       text NOT NULL,
    message_id   text NOT NULL,                 -- what it became
    outcome      text NOT NULL,                 -- what terminals did, as JSON, once it is over
    changed_at   bigint NOT NULL
);
CREATE UNIQUE INDEX channel_occurrence_once ON channel_occurrence (timetable_id, slot_id, starts_at, digest);
CREATE INDEX channel_occurrence_time ON channel_occurrence (starts_at, id);
CREATE INDEX channel_occurrence_open ON channel_occurrence (ends_at) WHERE state IN ('planned', 'handed', 'withdrawing');
