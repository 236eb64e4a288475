-- +goose Up
-- One signed order. A thread is everything sent under one id: the versions of a message
-- and its cancel, or one stop.
CREATE TABLE alert_order (
    thread        bigint NOT NULL,
    thread_id     text NOT NULL,
    version       bigint NOT NULL,             -- as terminals are told it
    kind          text NOT NULL,
    seq           bigint NOT NULL,
    region_path   text NOT NULL,
    area          text NOT NULL,
    frame         text NOT NULL,               -- base64
    issued_at     bigint NOT NULL,
    due_at        bigint NOT NULL,             -- when it is sent
    valid_until   bigint NOT NULL,
    changed_at    bigint NOT NULL,
    dispatched_at bigint,
    targets       bigint NOT NULL,
    closed_at     bigint,                      -- never send it again
    PRIMARY KEY (thread, version)
);
CREATE INDEX alert_order_changed ON alert_order (changed_at);
CREATE INDEX alert_order_valid ON alert_order (valid_until);
CREATE INDEX alert_order_waiting ON alert_order (seq) WHERE dispatched_at IS NULL;
CREATE INDEX alert_order_thread ON alert_order (thread_id);

-- What one terminal claims about a thread, and what was heard there: never the same column.
CREATE TABLE alert_delivery (
    thread         bigint NOT NULL,
    device         text NOT NULL,
    region_path    text NOT NULL,
    township       text NOT NULL,              -- region code
    version        bigint NOT NULL,            -- newest version sent or claimed
    state          text NOT NULL,
    ord            bigint NOT NULL,            -- version * 16 + rank of the state
    state_at       bigint NOT NULL,
    reason         text NOT NULL,
    source         text NOT NULL,
    sent_at        bigint,
    received_at    bigint,
    playing_at     bigint,
    played_at      bigint,
    reached_at     bigint,                     -- first sound of any version
    attempts       bigint NOT NULL,
    next_at        bigint,
    cancel_version bigint NOT NULL,            -- cancel sent to this terminal, 0 for none
    cancelled_at   bigint,                     -- it says that it obeyed
    heard_at       bigint,
    heard_dbfs     bigint,                     -- hundredths of a decibel
    heard_dbspl    bigint,
    heard_match    bigint,                     -- thousandths
    heard_sm3      text NOT NULL,
    updated_at     bigint NOT NULL,
    PRIMARY KEY (thread, device)
);
CREATE INDEX alert_delivery_state ON alert_delivery (thread, state, device);
CREATE INDEX alert_delivery_township ON alert_delivery (thread, township, device);

-- Every receipt as it came, append-only. The id begins with the time it was stored.
CREATE TABLE alert_receipt (
    thread  bigint NOT NULL,
    id      bigint NOT NULL,
    device  text NOT NULL,
    version bigint NOT NULL,
    phase   text NOT NULL,
    reason  text NOT NULL,
    at      bigint NOT NULL,                   -- terminal's clock
    source  text NOT NULL,
    heard   text,
    PRIMARY KEY (thread, id)
);

-- How far the log has been carried over into alert_delivery.
CREATE TABLE alert_receipt_mark (
    thread bigint PRIMARY KEY,
    id     bigint NOT NULL
);
