-- +goose Up
-- Posts may be renamed: what is over keeps the name that they had then.
ALTER TABLE alert_duty_shift ADD COLUMN post_name text NOT NULL DEFAULT '';
ALTER TABLE alert_duty_report ADD COLUMN post_name text NOT NULL DEFAULT '';
UPDATE alert_duty_shift SET post_name = (SELECT name FROM alert_duty_post p WHERE p.id = alert_duty_shift.post);
UPDATE alert_duty_report SET post_name = (SELECT name FROM alert_duty_post p WHERE p.id = alert_duty_report.post);
