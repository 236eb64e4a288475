-- +goose Up
-- Corrections are few among facts, and every cockpit asks for the last of them; so with what people
-- state by hand among what systems state.
CREATE INDEX measure_fact_corrections ON measure_fact (id) WHERE corrects;
CREATE INDEX measure_fact_source ON measure_fact (source, id);
