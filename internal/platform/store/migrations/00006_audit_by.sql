-- +goose Up
-- Most records are of what the platform does by itself; people's acts are found without
-- walking through those. It follows from the actor, and is no part of what is hashed.
ALTER TABLE platform_audit ADD COLUMN done_by text NOT NULL DEFAULT 'platform'; -- people, platform
UPDATE platform_audit SET done_by = 'people'
    WHERE actor NOT IN ('', 'system') AND (actor < 'system:' OR actor >= 'system;') AND (actor < 'device:' OR actor >= 'device;')
    OR actor = 'system:operator';
CREATE INDEX platform_audit_done_by ON platform_audit (done_by, id);
