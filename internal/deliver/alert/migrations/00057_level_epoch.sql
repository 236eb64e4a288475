-- +goose Up
-- Where changes of messages stood when an epoch began: nobody asks for it.
ALTER TABLE alert_level_epoch DROP COLUMN change_no;
