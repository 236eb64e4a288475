-- +goose Up
-- Surveys: what is asked, of whom, by whom.
CREATE TABLE measure_survey (
    id          text PRIMARY KEY,
    region_path text NOT NULL,
    state       text NOT NULL,                  -- draft, approved, open, closed, published
    agency      text NOT NULL,                  -- account of the third party that runs it; empty: whoever may
    body        text NOT NULL,                  -- settings, who wrote and agreed, as JSON
    salt        text NOT NULL,                  -- hides which place an answer came from; empty once the survey is closed
    results     text NOT NULL,                  -- as they were published, JSON; empty before
    closed_at   bigint,
    revision    bigint NOT NULL
);
CREATE INDEX measure_survey_region ON measure_survey (region_path, id);

-- What is asked, version by version. Answers keep theirs.
CREATE TABLE measure_survey_version (
    survey_id text NOT NULL,
    number    int NOT NULL,
    approved  boolean NOT NULL,
    body      text NOT NULL,                    -- who wrote and who approved
    form      text NOT NULL,                    -- the questionnaire, as JSON
    PRIMARY KEY (survey_id, number)
);

-- The sample: sizes by stratum and the places drawn.
CREATE TABLE measure_survey_plan (
    survey_id text PRIMARY KEY,
    body      text NOT NULL
);

-- Invitations. Only hashes of their tokens are kept, and not when one was used.
CREATE TABLE measure_survey_token (
    hash      text PRIMARY KEY,
    survey_id text NOT NULL,
    stratum   text NOT NULL,
    place     text NOT NULL,                    -- region code of the village or community
    used      boolean NOT NULL
);
CREATE INDEX measure_survey_token_of ON measure_survey_token (survey_id, stratum);

-- Answers that were begun on a device, sealed, until they are finished.
CREATE TABLE measure_survey_progress (
    key        text PRIMARY KEY,                -- hash of what the device holds
    sealed     text NOT NULL,
    touched_at bigint NOT NULL
);
CREATE INDEX measure_survey_progress_age ON measure_survey_progress (touched_at);

-- Answers, without anything that tells whose they are.
CREATE TABLE measure_survey_answer (
    id          text PRIMARY KEY,               -- random, or of the device that took it
    survey_id   text NOT NULL,
    version     int NOT NULL,
    stratum     text NOT NULL,
    cluster     text NOT NULL,                  -- those of one place have the same; empty for who came by an open link
    mode        text NOT NULL,                  -- phone, tv, interviewer, import
    lang        text NOT NULL,
    weight      double precision NOT NULL,      -- by the draw; 1 where nobody was drawn
    started_at  bigint NOT NULL,                -- to the hour
    finished_at bigint NOT NULL,                -- to the hour
    answers     text NOT NULL,
    standing    text NOT NULL                   -- counts, doubt (another was sent under its id), dropped
);
CREATE INDEX measure_survey_answer_of ON measure_survey_answer (survey_id, standing, id);

-- How many answers fall in each quota.
CREATE TABLE measure_survey_quota (
    survey_id text NOT NULL,
    quota     text NOT NULL,
    n         bigint NOT NULL,
    PRIMARY KEY (survey_id, quota)
);

-- Who interviews where.
CREATE TABLE measure_survey_assignment (
    survey_id text NOT NULL,
    user_id   text NOT NULL,
    body      text NOT NULL,
    done      bigint NOT NULL,
    PRIMARY KEY (survey_id, user_id)
);
