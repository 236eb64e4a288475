-- +goose Up
-- Who worded an index, since nobody agrees to be judged by, or to judge by, what they drew up themselves.
ALTER TABLE measure_index_version ADD COLUMN by_id text NOT NULL DEFAULT '';
ALTER TABLE measure_index_version ADD COLUMN by_name text NOT NULL DEFAULT '';

-- Whether everybody may read an assessment once it is published.
ALTER TABLE measure_assessment ADD COLUMN public boolean NOT NULL DEFAULT FALSE;
UPDATE measure_assessment SET public = TRUE WHERE results LIKE '%"public":true%';
CREATE INDEX measure_assessment_open ON measure_assessment (method, id) WHERE public AND state = 'published';
