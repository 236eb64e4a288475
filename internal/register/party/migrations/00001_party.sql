-- +goose Up
-- Organisations and people. What is personal stands sealed, and beside it keyed hashes by which
-- the same telephone or identity number is found; the rest is for everybody who may read the row.
CREATE TABLE party_party (
    id           text PRIMARY KEY,
    kind         text NOT NULL, -- organisation, person
    state        text NOT NULL, -- active, merged, erased
    survivor     text NOT NULL, -- of a merged one, where it leads
    name         text NOT NULL,
    code         text NOT NULL, -- unified social credit code, may be empty
    parent       text NOT NULL,
    region_code  text NOT NULL,
    region_path  text NOT NULL,
    phone_finger text NOT NULL,
    id_finger    text NOT NULL,
    sealed       text NOT NULL,
    search       text NOT NULL, -- lower-case names and code
    body         text NOT NULL,
    sample       boolean NOT NULL,
    revision     bigint NOT NULL,
    created_at   bigint NOT NULL,
    updated_at   bigint NOT NULL
);
CREATE INDEX party_party_region ON party_party (region_path, id);
CREATE INDEX party_party_code ON party_party (code);
CREATE INDEX party_party_phone ON party_party (phone_finger);
CREATE INDEX party_party_identity ON party_party (id_finger);
CREATE INDEX party_party_parent ON party_party (parent);
CREATE INDEX party_party_survivor ON party_party (survivor);

CREATE TABLE party_role (
    party text NOT NULL REFERENCES party_party (id),
    role  text NOT NULL,
    PRIMARY KEY (party, role)
);
CREATE INDEX party_role_role ON party_role (role, party);

CREATE TABLE party_account (
    account   text PRIMARY KEY,
    party     text NOT NULL REFERENCES party_party (id),
    linked_at bigint NOT NULL
);
CREATE INDEX party_account_party ON party_account (party);

-- What is stated of a party with dates: membership, qualification, training, conflict of interest,
-- absence, consent. The free words in it are sealed.
CREATE TABLE party_entry (
    id         text PRIMARY KEY,
    party      text NOT NULL REFERENCES party_party (id),
    class      text NOT NULL,
    term       text NOT NULL, -- of a list that is data: which qualification, which course
    other      text NOT NULL, -- the organisation of a membership, the other side of a conflict
    from_day   text NOT NULL,
    until_day  text NOT NULL, -- empty: open
    body       text NOT NULL,
    sealed     text NOT NULL,
    revision   bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX party_entry_party ON party_entry (party, class, id);
CREATE INDEX party_entry_other ON party_entry (other, class, party);
CREATE INDEX party_entry_term ON party_entry (class, term, party);

CREATE TABLE party_licence (
    id         text PRIMARY KEY,
    party      text NOT NULL REFERENCES party_party (id),
    kind       text NOT NULL,
    number     text NOT NULL,
    state      text NOT NULL, -- valid, suspended, revoked, cancelled; expired follows from the date
    valid_from text NOT NULL,
    valid_to   text NOT NULL, -- empty: without end
    warned     bigint NOT NULL, -- the last step of days before the end that was told of
    body       text NOT NULL,
    revision   bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX party_licence_party ON party_licence (party, id);
CREATE INDEX party_licence_number ON party_licence (kind, number);
CREATE INDEX party_licence_end ON party_licence (state, valid_to);

CREATE TABLE party_document (
    party  text NOT NULL REFERENCES party_party (id),
    sm3    text NOT NULL, -- of the content; what is stored is sealed
    object text NOT NULL,
    name   text NOT NULL,
    type   text NOT NULL,
    bytes  bigint NOT NULL,
    at     bigint NOT NULL,
    PRIMARY KEY (party, sm3)
);

-- Lists that are data: kinds of licences, qualifications, courses, fields, purposes.
CREATE TABLE party_term (
    code       text PRIMARY KEY,
    body       text NOT NULL,
    retired_at bigint,
    revision   bigint NOT NULL
);

-- Pairs that somebody looked at and found to be two.
CREATE TABLE party_distinct (
    first  text NOT NULL,
    second text NOT NULL,
    body   text NOT NULL,
    at     bigint NOT NULL,
    PRIMARY KEY (first, second)
);

CREATE TABLE party_merge (
    id        text PRIMARY KEY,
    survivor  text NOT NULL,
    merged    text NOT NULL,
    undone_at bigint,
    body      text NOT NULL, -- what moved, and the survivor as it was
    at        bigint NOT NULL
);
CREATE INDEX party_merge_survivor ON party_merge (survivor);
CREATE INDEX party_merge_merged ON party_merge (merged);

CREATE TABLE party_secret (
    name   text PRIMARY KEY,
    sealed text NOT NULL
);
