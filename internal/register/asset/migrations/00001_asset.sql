-- +goose Up
-- place_key is the region path followed by the code (the id for a site). It orders a
-- list by region, then code, and because a subtree is a prefix range, the same index
-- answers both the scope and the page.
CREATE TABLE asset_site (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    address     text NOT NULL,
    region_code text NOT NULL,
    region_path text NOT NULL,
    place_key   text NOT NULL UNIQUE,
    lon         bigint NOT NULL, -- microdegrees, WGS 84
    lat         bigint NOT NULL,
    contact     text NOT NULL,
    sample      boolean NOT NULL,
    search      text NOT NULL,
    version     bigint NOT NULL,
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL
);

CREATE TABLE asset_device (
    id           text PRIMARY KEY,
    code         text NOT NULL UNIQUE,
    kind         text NOT NULL,
    name         text NOT NULL,
    model        text NOT NULL,
    maker        text NOT NULL,
    serial       text NOT NULL,
    owner        text NOT NULL,
    contact      text NOT NULL,
    site_id      text REFERENCES asset_site (id),
    region_code  text NOT NULL,
    region_path  text NOT NULL,
    place_key    text NOT NULL UNIQUE,
    lon          bigint, -- microdegrees, WGS 84; null when not surveyed
    lat          bigint,
    microphone   boolean NOT NULL,
    installed    text NOT NULL, -- day, empty when unknown
    commissioned text NOT NULL,
    state        text NOT NULL,
    sample       boolean NOT NULL,
    search       text NOT NULL, -- lower-case name, code, model, maker, serial, owner
    version      bigint NOT NULL,
    created_at   bigint NOT NULL,
    updated_at   bigint NOT NULL
);
CREATE INDEX asset_device_kind ON asset_device (kind, place_key);
CREATE INDEX asset_device_state ON asset_device (state, place_key);
CREATE INDEX asset_device_owner ON asset_device (owner, place_key);
CREATE INDEX asset_device_model ON asset_device (model, place_key);
CREATE INDEX asset_device_site ON asset_device (site_id);
CREATE INDEX asset_device_region ON asset_device (region_code);
CREATE INDEX asset_device_position ON asset_device (lon, lat);

-- What a device last said of itself. Written by telemetry, apart from the register;
-- every device has one row from the day it is registered.
CREATE TABLE asset_condition (
    device_id  text PRIMARY KEY REFERENCES asset_device (id),
    place_key  text NOT NULL, -- the device's, so that a list by condition walks one index
    seen_key   text NOT NULL, -- last_seen as 16 digits and the device's id: the order of last seen
    condition  text NOT NULL,
    last_seen  bigint,
    deadline   bigint, -- when the device counts as silent: last_seen + 3 periods
    period     bigint NOT NULL, -- seconds between heartbeats
    since      bigint, -- when the condition last changed
    power      text NOT NULL,
    battery    bigint,
    link       text NOT NULL,
    rssi       bigint,
    volume     bigint,
    faults     text NOT NULL, -- JSON list of words
    playing    text NOT NULL,
    uptime     bigint,
    boots      bigint,
    firmware   text NOT NULL,
    clock_off  bigint, -- device's clock less ours when heard, microseconds
    session    text NOT NULL, -- session and counter of the newest frame, to refuse replays after a restart
    counter    bigint NOT NULL
);
CREATE INDEX asset_condition_list ON asset_condition (condition, place_key);
CREATE INDEX asset_condition_seen ON asset_condition (seen_key);
CREATE INDEX asset_condition_deadline ON asset_condition (deadline) WHERE condition = 'online';
CREATE INDEX asset_condition_faulty ON asset_condition (place_key) WHERE faults <> '[]';

-- Heartbeats folded into slots: of ten minutes when fresh, an hour and a day when older.
CREATE TABLE asset_heartbeat (
    device_id text NOT NULL,
    width     bigint NOT NULL, -- seconds
    slot      bigint NOT NULL, -- start, UTC microseconds
    beats     bigint NOT NULL,
    battery   bigint, -- lowest
    rssi      bigint, -- lowest
    volume    bigint, -- last
    on_mains  bigint NOT NULL, -- beats on mains power
    faulty    bigint NOT NULL, -- beats with a fault
    PRIMARY KEY (device_id, width, slot)
);
CREATE INDEX asset_heartbeat_age ON asset_heartbeat (width, slot);

-- What happened to a device, as people read it: online, offline, fault, enrolled, moved …
CREATE TABLE asset_event (
    id        text PRIMARY KEY,
    device_id text NOT NULL REFERENCES asset_device (id),
    at        bigint NOT NULL,
    kind      text NOT NULL,
    source    text, -- what it came from, where the same may be told twice
    detail    text NOT NULL,
    UNIQUE (device_id, source)
);
CREATE INDEX asset_event_device ON asset_event (device_id, id);
CREATE INDEX asset_event_age ON asset_event (at);

-- The hardware that has stood behind a code, one row per enrolled key.
CREATE TABLE asset_key (
    id          text PRIMARY KEY,
    device_id   text NOT NULL REFERENCES asset_device (id),
    public_key  text NOT NULL UNIQUE, -- base64url of x‖y
    model       text NOT NULL,
    serial      text NOT NULL,
    firmware    text NOT NULL,
    token_id    text NOT NULL,
    enrolled_at bigint NOT NULL,
    revoked_at  bigint,
    revoked_for text NOT NULL
);
CREATE UNIQUE INDEX asset_key_current ON asset_key (device_id) WHERE revoked_at IS NULL;
CREATE INDEX asset_key_device ON asset_key (device_id, id);

-- Leave to enrol. The token itself is told once and never kept; its SHA-256 is.
CREATE TABLE asset_token (
    id          text PRIMARY KEY,
    hash        text NOT NULL UNIQUE,
    device_id   text REFERENCES asset_device (id), -- null for a batch
    region_path text NOT NULL, -- a batch is for devices within
    kind        text NOT NULL, -- …of this kind, empty for any
    sample      boolean NOT NULL, -- …that are samples, or that are not
    total       bigint NOT NULL,
    used        bigint NOT NULL,
    expires_at  bigint NOT NULL,
    created_at  bigint NOT NULL,
    created_by  text NOT NULL,
    revoked_at  bigint
);
CREATE INDEX asset_token_device ON asset_token (device_id);

-- The next sequence number to try for a level, area, type and subtype.
CREATE TABLE asset_sequence (
    prefix text PRIMARY KEY,
    next   bigint NOT NULL
);

CREATE TABLE asset_import (
    id         text PRIMARY KEY,
    file       text NOT NULL,
    ignored    text NOT NULL, -- JSON list of headings
    dry_run    boolean NOT NULL,
    replace    boolean NOT NULL, -- whether rows may change devices that exist
    state      text NOT NULL,
    total      bigint NOT NULL,
    done       bigint NOT NULL,
    added      bigint NOT NULL,
    changed    bigint NOT NULL,
    unchanged  bigint NOT NULL,
    bad        bigint NOT NULL,
    started_by text NOT NULL,
    started_at bigint NOT NULL,
    heard_at   bigint NOT NULL, -- when its process last said that it works on it
    ended_at   bigint
);
CREATE INDEX asset_import_owner ON asset_import (started_by, id);

-- What came of each row that is worth telling: the bad ones by column, and those that
-- were given a code.
CREATE TABLE asset_import_row (
    import_id text NOT NULL REFERENCES asset_import (id) ON DELETE CASCADE,
    key       text NOT NULL, -- line as 7 digits and column as 3: their order
    line      bigint NOT NULL,
    col       text NOT NULL, -- letters of the spreadsheet column, empty for the whole row
    outcome   text NOT NULL,
    code      text NOT NULL, -- device code, or fault code of a bad row
    args      text NOT NULL,
    PRIMARY KEY (import_id, key)
);

-- Short recordings of what a terminal's microphone heard. The sound is in the blob store.
CREATE TABLE asset_sample (
    sm3       text NOT NULL,
    device_id text NOT NULL REFERENCES asset_device (id),
    bytes     bigint NOT NULL,
    at        bigint NOT NULL,
    PRIMARY KEY (sm3, device_id)
);
CREATE INDEX asset_sample_age ON asset_sample (at);
