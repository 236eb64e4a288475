-- +goose Up
-- What became of a message at each IP terminal of GD/J 089 Annex D that an output reaches.
CREATE TABLE alert_ip_terminal (
    output     text NOT NULL,
    message_id text NOT NULL,
    code       text NOT NULL,                 -- the terminal's resource code
    ebmid      text NOT NULL,                 -- by which the terminal knows the message
    number     bigint NOT NULL,               -- version of the message
    state      text NOT NULL,                 -- waiting, accepted, playing, ending, played, failed, stopping, stopped, lost
    gives      bigint NOT NULL,               -- how often it was ordered to play it
    until_at   bigint NOT NULL,               -- when the message ends
    given_at   bigint,
    playing_at bigint,                        -- when the terminal said that it plays
    done_at    bigint,
    result     bigint NOT NULL,               -- result code of Table D.12, 0 for done
    said       text NOT NULL,                 -- what the terminal said beside it
    changed_at bigint NOT NULL,
    PRIMARY KEY (output, message_id, code)
);
CREATE INDEX alert_ip_terminal_message ON alert_ip_terminal (message_id, output, code);
CREATE INDEX alert_ip_terminal_open ON alert_ip_terminal (output, state);
CREATE INDEX alert_ip_terminal_until ON alert_ip_terminal (until_at);
