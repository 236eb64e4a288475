-- +goose Up
-- A platform above or below, with which packages of GD/J 083 are exchanged.
CREATE TABLE alert_peer (
    id          text PRIMARY KEY,
    direction   text NOT NULL,                 -- upper, lower
    name        text NOT NULL,
    code        text NOT NULL,                 -- its resource code
    url         text NOT NULL,                 -- where it takes packages; empty: it is only heard
    region_code text NOT NULL,                 -- what it covers
    region_path text NOT NULL,
    trust       text NOT NULL,                 -- the certificates that it may sign with
    lax         boolean NOT NULL,              -- its receipts may be unsigned
    edition     text NOT NULL,
    enabled     boolean NOT NULL,
    retired     boolean NOT NULL,
    created_at  bigint NOT NULL,
    changed_at  bigint NOT NULL,
    heard_at    bigint,                        -- anything that was right came from it
    beat_at     bigint,                        -- its last heartbeat
    answered_at bigint,                        -- it last took something
    failed_at   bigint,
    failure     text NOT NULL,
    refused_at  bigint,                        -- something of its name was refused here
    refusal     text NOT NULL,
    lost_at     bigint,                        -- since when it is missing; NULL while it is there
    told        text NOT NULL,                 -- up to when it was told of the register
    revision    bigint NOT NULL
);
CREATE UNIQUE INDEX alert_peer_code ON alert_peer (code) WHERE NOT retired;

-- Packages that came: each once, and those that were refused.
CREATE TABLE alert_peer_in (
    id          text PRIMARY KEY,
    peer        text NOT NULL REFERENCES alert_peer (id),
    region_path text NOT NULL,
    ebdid       text NOT NULL,
    type        text NOT NULL,
    ebmid       text NOT NULL,
    digest      text NOT NULL,                 -- of the document that was signed
    rank        bigint NOT NULL,               -- higher is acted on first
    signature   text NOT NULL,                 -- what it was worth
    cert        text NOT NULL,
    warnings    text NOT NULL,
    code        bigint NOT NULL,               -- of the receipt
    words       text NOT NULL,
    seq         bigint NOT NULL,               -- of the receipt
    state       text NOT NULL,                 -- waiting, done, failed, refused
    note        text NOT NULL,                 -- what became of it
    segment     text NOT NULL,                 -- object that holds it as it came; empty for none
    start_at    bigint NOT NULL,               -- where in the object
    bytes       bigint NOT NULL,
    received_at bigint NOT NULL,
    acted_at    bigint
);
CREATE UNIQUE INDEX alert_peer_in_once ON alert_peer_in (peer, ebdid) WHERE state <> 'refused';
CREATE INDEX alert_peer_in_waiting ON alert_peer_in (peer, rank DESC, id) WHERE state = 'waiting';
CREATE INDEX alert_peer_in_segment ON alert_peer_in (segment);
CREATE INDEX alert_peer_in_peer ON alert_peer_in (peer, id);
CREATE INDEX alert_peer_in_ebm ON alert_peer_in (peer, ebmid) WHERE ebmid <> '';

-- Packages that go.
CREATE TABLE alert_peer_out (
    id          text PRIMARY KEY,
    peer        text NOT NULL REFERENCES alert_peer (id),
    region_path text NOT NULL,
    ebdid       text NOT NULL UNIQUE,
    type        text NOT NULL,
    ebmid       text NOT NULL,
    topic       text NOT NULL,                 -- a newer one of the same topic takes the place of what waits
    output      text NOT NULL,                 -- the output that carries it; empty: its peer's worker does
    task        text NOT NULL,
    message_id  text NOT NULL,
    number      bigint NOT NULL,
    document    text NOT NULL,                 -- as it is signed
    resources   text NOT NULL,                 -- objects that go with it
    rank        bigint NOT NULL,
    state       text NOT NULL,                 -- waiting, sent, refused, given_up, superseded
    attempts    bigint NOT NULL,
    next_at     bigint,
    until_at    bigint NOT NULL,
    code        bigint,                        -- of the receipt
    words       text NOT NULL,
    failure     text NOT NULL,
    created_at  bigint NOT NULL,
    sent_at     bigint
);
CREATE INDEX alert_peer_out_due ON alert_peer_out (peer, rank DESC, id) WHERE next_at IS NOT NULL;
CREATE INDEX alert_peer_out_task ON alert_peer_out (task) WHERE task <> '';
CREATE INDEX alert_peer_out_ebm ON alert_peer_out (ebmid) WHERE ebmid <> '';
CREATE INDEX alert_peer_out_message ON alert_peer_out (message_id) WHERE message_id <> '';
CREATE INDEX alert_peer_out_peer ON alert_peer_out (peer, id);

-- Messages of peers, and what their peer was told of them last.
CREATE TABLE alert_peer_message (
    peer       text NOT NULL REFERENCES alert_peer (id),
    ebmid      text NOT NULL,
    message_id text NOT NULL,                  -- empty: none came of it
    state      bigint NOT NULL,                -- as told last; -1: nothing yet
    rate       text NOT NULL,
    told_at    bigint,
    seen       bigint NOT NULL,                -- revision of the message that was looked at last
    looked_at  bigint NOT NULL,
    over       boolean NOT NULL,
    PRIMARY KEY (peer, ebmid)
);
CREATE INDEX alert_peer_message_open ON alert_peer_message (peer, ebmid) WHERE NOT over;
CREATE INDEX alert_peer_message_of ON alert_peer_message (message_id, peer);

-- What peers say that they have, and how it is.
CREATE TABLE alert_peer_resource (
    peer        text NOT NULL REFERENCES alert_peer (id),
    code        text NOT NULL,
    region_path text NOT NULL,
    kind        text NOT NULL,                 -- EBRPS, EBRST, EBRAS, EBRBS, EBRDT
    name        text NOT NULL,
    lon         text NOT NULL,
    lat         text NOT NULL,
    url         text NOT NULL,
    belongs     text NOT NULL,                 -- platform that it belongs to
    gone        boolean NOT NULL,
    info_at     bigint,
    state       bigint NOT NULL,               -- StateCode of GD/J 083; 0: never told
    state_desc  text NOT NULL,
    state_at    bigint,
    PRIMARY KEY (peer, code)
);
