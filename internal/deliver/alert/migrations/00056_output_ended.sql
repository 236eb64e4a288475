-- +goose Up
-- What an output took and is over says so; what still waits to be taken off may be on the air.
UPDATE alert_output_task SET state = 'ended', done_at = (SELECT ended_at FROM alert_message m WHERE m.id = message_id)
    WHERE act = 'play' AND state IN ('accepted', 'playing')
    AND message_id IN (SELECT id FROM alert_message WHERE state = 'ended')
    AND NOT EXISTS (SELECT 1 FROM alert_output_task o WHERE o.message_id = alert_output_task.message_id AND o.output = alert_output_task.output AND o.next_at IS NOT NULL);

-- So does a version that a newer one replaced at the same output.
UPDATE alert_output_task SET state = 'ended', done_at = (SELECT min(o.sent_at) FROM alert_output_task o
        WHERE o.message_id = alert_output_task.message_id AND o.output = alert_output_task.output AND o.number > alert_output_task.number AND o.state <> 'failed')
    WHERE act = 'play' AND state IN ('accepted', 'playing')
    AND EXISTS (SELECT 1 FROM alert_output_task o WHERE o.message_id = alert_output_task.message_id AND o.output = alert_output_task.output
        AND o.number > alert_output_task.number AND o.sent_at IS NOT NULL AND o.state <> 'failed');
