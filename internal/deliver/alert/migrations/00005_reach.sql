-- +goose Up
-- The regions that a message was issued to: whoever looks after one of them may read it.
CREATE TABLE alert_reach (
    message_id  text NOT NULL,
    region_path text NOT NULL,
    PRIMARY KEY (message_id, region_path)
);
CREATE INDEX alert_reach_region ON alert_reach (region_path, message_id);
INSERT INTO alert_reach (message_id, region_path)
    SELECT DISTINCT m.id, d.region_path FROM alert_delivery d JOIN alert_message m ON m.no = d.thread;
