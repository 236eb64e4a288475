-- +goose Up
-- What was published is swept by age; without this every sweep would read all of a week.
CREATE INDEX platform_outbox_age ON platform_outbox (published_at) WHERE published_at IS NOT NULL;
