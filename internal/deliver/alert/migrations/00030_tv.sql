-- +goose Up
-- What anonymous television sets said of a message, by place and moment; nothing of a set.
CREATE TABLE alert_tv_count (
    message_id  text NOT NULL,
    region_path text NOT NULL,     -- the township that the sets stand in, or what is above it
    slot        bigint NOT NULL,   -- seconds since the message went out, in growing steps
    connected   bigint NOT NULL,
    crawl       bigint NOT NULL,
    whole       bigint NOT NULL,
    ended       bigint NOT NULL,
    PRIMARY KEY (message_id, region_path, slot)
);
