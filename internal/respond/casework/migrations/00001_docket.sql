-- +goose Up

-- Case types as they were written. A case keeps the version it was opened by.
CREATE TABLE casework_type (
    code       text    NOT NULL,
    version    bigint  NOT NULL,
    name_zh    text    NOT NULL,
    name_en    text    NOT NULL,
    source     text    NOT NULL,
    live       boolean NOT NULL,
    shipped    boolean NOT NULL,
    at         bigint  NOT NULL,
    by_id      text    NOT NULL,
    by_name    text    NOT NULL,
    PRIMARY KEY (code, version)
);

-- Where each case stands: the fold of its entries (doc) and what lists ask for.
CREATE TABLE casework_case (
    n           bigint  NOT NULL PRIMARY KEY, -- in the order in which they were opened
    id          text    NOT NULL,
    number      text    NOT NULL,
    type        text    NOT NULL,
    version     bigint  NOT NULL,
    state       text    NOT NULL,
    outcome     text    NOT NULL,
    region_path text    NOT NULL,
    subject     text    NOT NULL,
    opener      text    NOT NULL,
    parent      text    NOT NULL,
    title       text    NOT NULL,
    opened_at   bigint  NOT NULL,
    changed_at  bigint  NOT NULL,
    closed_at   bigint,
    due_at      bigint,          -- of the deadline that ends first
    due_name    text    NOT NULL,
    overdue     boolean NOT NULL,
    next_at     bigint,          -- when its clock rings
    doc         text    NOT NULL,
    entries     bigint  NOT NULL,
    head        text    NOT NULL
);
CREATE UNIQUE INDEX casework_case_id ON casework_case (id);
CREATE INDEX casework_case_number ON casework_case (number);
CREATE INDEX casework_case_next ON casework_case (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX casework_case_due ON casework_case (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX casework_case_open ON casework_case (type, n) WHERE closed_at IS NULL;
CREATE INDEX casework_case_subject ON casework_case (subject, n) WHERE subject <> '';
CREATE INDEX casework_case_opener ON casework_case (opener, n) WHERE opener <> '';
CREATE INDEX casework_case_parent ON casework_case (parent, n) WHERE parent <> '';

-- What happened to a case: a chain, only ever added to.
CREATE TABLE casework_entry (
    case_id text   NOT NULL,
    seq     bigint NOT NULL,
    at      bigint NOT NULL,
    body    text   NOT NULL, -- what the hash is over
    hash    text   NOT NULL,
    PRIMARY KEY (case_id, seq)
);

-- Who has which role of a case by assignment.
CREATE TABLE casework_hand (
    holder  text    NOT NULL,
    n       bigint  NOT NULL,
    role    text    NOT NULL,
    closed  boolean NOT NULL,
    PRIMARY KEY (holder, n, role)
);
CREATE INDEX casework_hand_case ON casework_hand (n);

-- Acts that were sent with a key: the same counts once.
CREATE TABLE casework_key (
    key     text   NOT NULL PRIMARY KEY,
    case_id text   NOT NULL,
    digest  text   NOT NULL,
    at      bigint NOT NULL
);

CREATE TABLE casework_number (
    series text   NOT NULL PRIMARY KEY, -- prefix and year
    last   bigint NOT NULL
);

-- Secrets of draws, sealed until they are told.
CREATE TABLE casework_secret (
    case_id text NOT NULL,
    draw    text NOT NULL,
    sealed  text NOT NULL,
    PRIMARY KEY (case_id, draw)
);

-- What facts of cases add up to on a day, to be stated in the ledger of facts.
CREATE TABLE casework_tally (
    element text    NOT NULL,
    unit    text    NOT NULL, -- region, party, device
    of_id   text    NOT NULL,
    day     text    NOT NULL,
    value   bigint  NOT NULL, -- millionths
    stated  boolean NOT NULL,
    PRIMARY KEY (element, of_id, day)
);
CREATE INDEX casework_tally_unstated ON casework_tally (stated, element) WHERE NOT stated;

-- What people were told about their cases.
CREATE TABLE casework_told (
    id      text   NOT NULL PRIMARY KEY,
    holder  text   NOT NULL, -- account, party, or "post:region path" of whoever holds a post there
    case_id text   NOT NULL,
    n       bigint NOT NULL,
    zh      text   NOT NULL,
    en      text   NOT NULL,
    note    text   NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX casework_told_holder ON casework_told (holder, id);

CREATE TABLE casework_read (
    account text   NOT NULL PRIMARY KEY,
    until   text   NOT NULL -- id of the last thing told that the person has seen
);

-- Files that belong to cases.
CREATE TABLE casework_file (
    id      text   NOT NULL PRIMARY KEY,
    case_id text   NOT NULL, -- empty until an entry names it
    name    text   NOT NULL,
    media   text   NOT NULL, -- type as it was recognised, not as it was said to be
    size    bigint NOT NULL,
    digest  text   NOT NULL, -- SM3
    at      bigint NOT NULL,
    by_id   text   NOT NULL
);
CREATE INDEX casework_file_case ON casework_file (case_id);

-- What is published of cases.
CREATE TABLE casework_notice (
    case_id     text    NOT NULL PRIMARY KEY,
    type        text    NOT NULL,
    region_path text    NOT NULL,
    title       text    NOT NULL,
    body        text    NOT NULL,
    ask         boolean NOT NULL,
    at          bigint  NOT NULL
);

-- Documents that cases issued, by the code that proves them.
CREATE TABLE casework_paper (
    id      text   NOT NULL PRIMARY KEY,
    code    text   NOT NULL,
    case_id text   NOT NULL,
    body    text   NOT NULL,
    digest  text   NOT NULL, -- of body, signed
    signed  text   NOT NULL,
    at      bigint NOT NULL
);
CREATE UNIQUE INDEX casework_paper_code ON casework_paper (code);

CREATE TABLE casework_absence (
    id       text   NOT NULL PRIMARY KEY,
    account  text   NOT NULL,
    name     text   NOT NULL,
    delegate text   NOT NULL,
    delegate_name text NOT NULL,
    first_day text  NOT NULL,
    last_day  text  NOT NULL
);
CREATE INDEX casework_absence_delegate ON casework_absence (delegate);

CREATE TABLE casework_view (
    id      text    NOT NULL PRIMARY KEY,
    owner   text    NOT NULL,
    name    text    NOT NULL,
    shared  boolean NOT NULL,
    query   text    NOT NULL,
    revision bigint NOT NULL
);
CREATE INDEX casework_view_owner ON casework_view (owner);

-- Which cases hold which words, by blocks of 4,096 cases: what lists with text or a region ask.
CREATE TABLE casework_word (
    word  text   NOT NULL,
    block bigint NOT NULL,
    cases text   NOT NULL, -- offsets within the block, base64 of a bitmap or of a list
    PRIMARY KEY (word, block)
);

CREATE TABLE casework_indexed (
    one  bigint NOT NULL PRIMARY KEY,
    n    bigint NOT NULL -- cases up to this one are in casework_word
);

-- Cases whose words changed after the index took them in.
CREATE TABLE casework_stale (
    n bigint NOT NULL PRIMARY KEY
);

-- What was noticed of things and waits to be taken by their cases.
CREATE TABLE casework_heard (
    id      text NOT NULL PRIMARY KEY,
    event   text NOT NULL,
    subject text NOT NULL,
    words   text NOT NULL
);
