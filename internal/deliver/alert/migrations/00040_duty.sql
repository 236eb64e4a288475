-- +goose Up
-- A duty post: who keeps it is told of what happens in its region.
CREATE TABLE alert_duty_post (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    purpose     text NOT NULL,                 -- desk, leader, newsroom
    region_path text NOT NULL,
    severities  text NOT NULL,                 -- of messages that a newsroom is told of
    minutes     bigint NOT NULL,               -- within which a newsroom should have reported
    retired     boolean NOT NULL,
    created_at  bigint NOT NULL,
    revision    bigint NOT NULL
);

-- A turn of the roster: who is to keep a post from when to when.
CREATE TABLE alert_duty_turn (
    id      text PRIMARY KEY,
    post    text NOT NULL REFERENCES alert_duty_post (id),
    person  text NOT NULL,
    name    text NOT NULL,
    from_at bigint NOT NULL,
    to_at   bigint NOT NULL
);
CREATE INDEX alert_duty_turn_post ON alert_duty_turn (post, to_at);

-- A shift: who keeps, or kept, a post, and what was handed over when it ended.
CREATE TABLE alert_duty_shift (
    id          text PRIMARY KEY,
    post        text NOT NULL REFERENCES alert_duty_post (id),
    region_path text NOT NULL,
    person      text NOT NULL,
    name        text NOT NULL,
    began_at    bigint NOT NULL,
    since_at    bigint NOT NULL,               -- what happened from then on is this shift's to tell
    offered_at  bigint,                        -- when the giver signed
    content     text NOT NULL,                 -- of the handover, as it was signed; empty before
    digest      text NOT NULL,                 -- SM3 of the content
    ended_at    bigint,
    how         text NOT NULL,                 -- taken, closed by the leader; empty while open
    taker       text NOT NULL,
    taker_name  text NOT NULL,
    reason      text NOT NULL,                 -- of who closed it in the taker's absence
    certificate text NOT NULL,                 -- of the node's key that sealed it
    signature   text NOT NULL,
    revision    bigint NOT NULL
);
CREATE UNIQUE INDEX alert_duty_shift_open ON alert_duty_shift (post) WHERE ended_at IS NULL;
CREATE INDEX alert_duty_shift_region ON alert_duty_shift (region_path, id);

-- The duty log. Entries are never changed; what corrects one names it.
CREATE TABLE alert_duty_entry (
    id          text PRIMARY KEY,
    region_path text NOT NULL,
    kind        text NOT NULL,
    object      text NOT NULL,                 -- "alert:01J…": what it is about
    args        text NOT NULL,                 -- of the sentence of an automatic entry
    body        text NOT NULL,                 -- what a person wrote
    corrects    text NOT NULL,
    person      text NOT NULL,
    name        text NOT NULL,
    at          bigint NOT NULL
);
CREATE INDEX alert_duty_entry_region ON alert_duty_entry (region_path, id);

-- Who looks after a thing that waits, so that it sounds no longer.
CREATE TABLE alert_duty_claim (
    kind   text NOT NULL,
    item   text NOT NULL,
    person text NOT NULL,
    name   text NOT NULL,
    at     bigint NOT NULL,
    PRIMARY KEY (kind, item)
);

-- A gateway outside: one that takes notices to staff, or one that telephone calls come from.
CREATE TABLE alert_duty_gateway (
    id          text PRIMARY KEY,
    kind        text NOT NULL,                 -- staff, phone
    name        text NOT NULL,
    region_path text NOT NULL,
    url         text NOT NULL,
    secret      text NOT NULL,                 -- sealed
    retired     boolean NOT NULL,
    used_at     bigint,
    failed_at   bigint,
    failure     text NOT NULL,
    created_at  bigint NOT NULL
);

-- How a person on duty is reached, and what they say of themselves on the telephone.
CREATE TABLE alert_duty_contact (
    person       text PRIMARY KEY,
    number       text NOT NULL,
    pin          text NOT NULL,                -- hashed like a password; empty for none
    failures     bigint NOT NULL,
    locked_until bigint
);
CREATE UNIQUE INDEX alert_duty_contact_number ON alert_duty_contact (number) WHERE number <> '';

-- Notices to people on duty, each until a gateway took it.
CREATE TABLE alert_duty_notice (
    id          text PRIMARY KEY,
    region_path text NOT NULL,
    person      text NOT NULL,
    reason      text NOT NULL,
    message_id  text NOT NULL,
    body        text NOT NULL,                 -- as the gateway is told it
    created_at  bigint NOT NULL,
    sent_at     bigint,
    next_at     bigint,                        -- NULL for never again
    attempts    bigint NOT NULL,
    failure     text NOT NULL
);
CREATE INDEX alert_duty_notice_due ON alert_duty_notice (next_at) WHERE next_at IS NOT NULL;

-- The duty of a newsroom to report one message.
CREATE TABLE alert_duty_report (
    id          text PRIMARY KEY,
    message_id  text NOT NULL,
    title       text NOT NULL,
    severity    text NOT NULL,
    drill       boolean NOT NULL,
    post        text NOT NULL REFERENCES alert_duty_post (id),
    region_path text NOT NULL,
    person      text NOT NULL,                 -- on call when it was told; empty for nobody
    name        text NOT NULL,
    told_at     bigint NOT NULL,
    due_at      bigint NOT NULL,
    acked_by    text NOT NULL,
    acked_at    bigint,
    done_by     text NOT NULL,
    done_at     bigint,
    link        text NOT NULL,
    note        text NOT NULL,
    overdue_at  bigint                         -- when the leader was told
);
CREATE UNIQUE INDEX alert_duty_report_once ON alert_duty_report (message_id, post);
CREATE INDEX alert_duty_report_open ON alert_duty_report (due_at) WHERE done_at IS NULL AND overdue_at IS NULL;
