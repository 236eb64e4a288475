-- +goose Up
-- People whom a survey writes to. Who they are is sealed with the node's key; an answer changes
-- nothing here.
CREATE TABLE measure_survey_contact (
    id        text PRIMARY KEY,                 -- random
    survey_id text NOT NULL,
    batch     text NOT NULL,
    stratum   text NOT NULL,
    door      text NOT NULL,                    -- hash of the link, for who asks not to be written to
    finger    text NOT NULL,                    -- keyed hash of the telephone, or of name and address
    sealed    text NOT NULL,                    -- name, telephone, address, link
    asked     bigint NOT NULL,                  -- how often it was on a list
    answered  boolean NOT NULL                  -- marked with others of its stratum, never alone
);
CREATE UNIQUE INDEX measure_survey_contact_once ON measure_survey_contact (survey_id, finger);
CREATE INDEX measure_survey_contact_of ON measure_survey_contact (survey_id, batch, id);
CREATE INDEX measure_survey_contact_door ON measure_survey_contact (door);

-- What a link is good for. It is another hash of the link than its contact has, and is deleted by
-- the answer: nothing that stands here leads from one to the other.
CREATE TABLE measure_survey_ticket (
    hash      text PRIMARY KEY,
    survey_id text NOT NULL,
    stratum   text NOT NULL
);
CREATE INDEX measure_survey_ticket_of ON measure_survey_ticket (survey_id);

-- Files of contacts that were brought.
CREATE TABLE measure_survey_batch (
    id        text PRIMARY KEY,
    survey_id text NOT NULL,
    brought_at bigint NOT NULL,
    body      text NOT NULL                     -- who brought it, how many
);
CREATE INDEX measure_survey_batch_of ON measure_survey_batch (survey_id, id);

-- Those who asked not to be written to again, by the keyed hash.
CREATE TABLE measure_survey_silent (
    finger text PRIMARY KEY
);

-- Keys of the desk, sealed.
CREATE TABLE measure_survey_secret (
    name   text PRIMARY KEY,
    sealed text NOT NULL
);

-- How people sorted the answers to a text question by what they are about.
CREATE TABLE measure_survey_sorting (
    survey_id text NOT NULL,
    question  text NOT NULL,
    body      text NOT NULL,
    PRIMARY KEY (survey_id, question)
);
