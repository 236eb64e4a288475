-- +goose Up
-- Answers that people gave themselves are held back from who runs the survey until enough of a stratum
-- wait, and are then written anew in the order of their ids. Those that are there already are, too: the
-- order in which rows came tells when each did.
CREATE TABLE measure_survey_answer_anew (
    id          text PRIMARY KEY,               -- random, or of the device that took it
    survey_id   text NOT NULL,
    version     int NOT NULL,
    stratum     text NOT NULL,
    cluster     text NOT NULL,                  -- those of one place have the same; empty for who came by an open link
    mode        text NOT NULL,                  -- phone, tv, interviewer, import
    lang        text NOT NULL,
    weight      double precision NOT NULL,      -- by the draw; 1 where nobody was drawn
    started_at  bigint NOT NULL,                -- to the hour
    finished_at bigint NOT NULL,                -- to the hour; of its batch, once it is shown
    answers     text NOT NULL,
    standing    text NOT NULL,                  -- counts, doubt (another was sent under its id), dropped
    held        boolean NOT NULL                -- not shown to who runs the survey yet
);
INSERT INTO measure_survey_answer_anew (id, survey_id, version, stratum, cluster, mode, lang, weight, started_at, finished_at, answers, standing, held)
    SELECT id, survey_id, version, stratum, cluster, mode, lang, weight, started_at, finished_at, answers, standing, false FROM measure_survey_answer ORDER BY id;
DROP TABLE measure_survey_answer;
ALTER TABLE measure_survey_answer_anew RENAME TO measure_survey_answer;
CREATE INDEX measure_survey_answer_of ON measure_survey_answer (survey_id, standing, id);
CREATE INDEX measure_survey_answer_held ON measure_survey_answer (survey_id, stratum) WHERE held;

-- Of the answers in each quota, those that are shown.
ALTER TABLE measure_survey_quota ADD COLUMN shown bigint NOT NULL DEFAULT 0;
UPDATE measure_survey_quota SET shown = n;

-- Whether a device that began has answered anything since.
ALTER TABLE measure_survey_progress ADD COLUMN used boolean NOT NULL DEFAULT true;
CREATE INDEX measure_survey_progress_unused ON measure_survey_progress (touched_at) WHERE NOT used;
