-- +goose Up
-- A message belongs to the node that issued it; others keep a copy. site is that node, empty
-- for this one; via is the joined node that it came from; epoch and revision are the site's,
-- and level is the site's, for precedence.
ALTER TABLE alert_message ADD COLUMN site text NOT NULL DEFAULT '';
ALTER TABLE alert_message ADD COLUMN via text NOT NULL DEFAULT '';
ALTER TABLE alert_message ADD COLUMN site_epoch text NOT NULL DEFAULT '';
ALTER TABLE alert_message ADD COLUMN site_level text NOT NULL DEFAULT '';
-- Grows with every change of any message or stop: what other nodes ask for comes after one.
ALTER TABLE alert_message ADD COLUMN change_no bigint NOT NULL DEFAULT 0;
UPDATE alert_message SET change_no = no;
CREATE INDEX alert_message_change ON alert_message (change_no);

ALTER TABLE alert_stop ADD COLUMN site text NOT NULL DEFAULT '';
ALTER TABLE alert_stop ADD COLUMN via text NOT NULL DEFAULT '';
ALTER TABLE alert_stop ADD COLUMN change_no bigint NOT NULL DEFAULT 0;
UPDATE alert_stop SET change_no = no;
CREATE INDEX alert_stop_change ON alert_stop (change_no);

-- What is shipped to the node above: receipts by id, deliveries by the flush that wrote them
-- last. site is the joined node whose terminal it is, empty for this one's own.
CREATE INDEX alert_receipt_id ON alert_receipt (id);
-- Of a receipt that another node took: its time within the bounds that that node knew.
ALTER TABLE alert_receipt ADD COLUMN taken bigint;
ALTER TABLE alert_delivery ADD COLUMN site text NOT NULL DEFAULT '';
ALTER TABLE alert_delivery ADD COLUMN flushed bigint NOT NULL DEFAULT 0;
UPDATE alert_delivery SET flushed = numbered.n FROM (SELECT thread, device, row_number() OVER (ORDER BY thread, device) AS n FROM alert_delivery) AS numbered
    WHERE numbered.thread = alert_delivery.thread AND numbered.device = alert_delivery.device;
CREATE INDEX alert_delivery_flushed ON alert_delivery (flushed);

-- This node's log: its epoch is another after a restore from a backup. The positions are
-- those at which it began.
CREATE TABLE alert_level_epoch (
    id         text PRIMARY KEY,
    receipt    bigint NOT NULL,
    flushed    bigint NOT NULL,
    change_no  bigint NOT NULL,
    began_at   bigint NOT NULL
);

-- How far this node has come in what others hold, stored together with what came.
CREATE TABLE alert_level_mark (
    site     text NOT NULL,
    stream   text NOT NULL,
    epoch    text NOT NULL,
    boot     text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (site, stream)
);

-- Terminals that joined nodes send to.
CREATE TABLE alert_level_terminal (
    site        text NOT NULL,
    code        text NOT NULL,
    name        text NOT NULL,
    kind        text NOT NULL,
    region_path text NOT NULL,
    region      text NOT NULL,                 -- as the terminal knows it
    lon         bigint,                        -- as orders carry positions
    lat         bigint,
    PRIMARY KEY (site, code)
);
