-- +goose Up
-- What money is for.
CREATE TABLE measure_purpose (
    code       text PRIMARY KEY,
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    sample     boolean NOT NULL,
    retired_at bigint,
    revision   bigint NOT NULL
);

-- Budget lines, gifts, contracts and payments.
CREATE TABLE measure_fund (
    id          text PRIMARY KEY,
    kind        text NOT NULL,                  -- line, gift, contract, payment
    parent      text NOT NULL,                  -- of a contract its line or gift, of a payment its contract, line or gift
    purpose     text NOT NULL,
    region_path text NOT NULL,
    region      text NOT NULL,                  -- code
    year        bigint NOT NULL,
    day         text NOT NULL,                  -- 2026-07-28: of a payment and a contract
    amount      bigint NOT NULL,                -- yuan, millionths
    source      text NOT NULL,                  -- of a line or a gift: central, city, district, company, charity, other
    state       text NOT NULL,                  -- draft, confirmed, void
    body        text NOT NULL,                  -- names, parties, conditions, who did what, as JSON
    revision    bigint NOT NULL
);
CREATE INDEX measure_fund_kind ON measure_fund (kind, year, region_path);
CREATE INDEX measure_fund_parent ON measure_fund (parent);
