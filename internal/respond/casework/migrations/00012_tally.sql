-- +goose Up

-- When a tally was last stated: what changes once more soon after waits, since each statement in the
-- ledger is kept for good.
ALTER TABLE casework_tally ADD COLUMN stated_at bigint;
