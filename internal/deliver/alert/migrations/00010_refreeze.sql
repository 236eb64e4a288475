-- +goose Up
-- A message that was cancelled is told to terminals for as long as they could still sound it,
-- and its figures change until then. They are frozen soon after its end, for lists, and anew
-- at this time, when nothing of it is sent any more; NULL where they are final.
ALTER TABLE alert_message ADD COLUMN refreeze_at bigint;
CREATE INDEX alert_message_refreeze ON alert_message (refreeze_at) WHERE refreeze_at IS NOT NULL;
UPDATE alert_message SET refreeze_at = last_end WHERE figures IS NOT NULL AND last_end > ended_at AND EXISTS
    (SELECT 1 FROM alert_order o WHERE o.thread = alert_message.no AND o.kind = 'cancel' AND o.valid_until > alert_message.ended_at);
