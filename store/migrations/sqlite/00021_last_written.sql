-- +goose Up
-- On which channel they last wrote: after a call it says where a message goes.
ALTER TABLE conversations ADD COLUMN last_written text NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN last_written_at datetime;
UPDATE conversations SET last_written = last_channel, last_written_at = last_inbound_at WHERE last_channel NOT IN ('', 'call', 'voicemail');
UPDATE conversations SET last_written_at = (SELECT MAX(m.sent_at) FROM messages m WHERE m.prospect_id = conversations.prospect_id
    AND m.direction = 'inbound' AND m.channel NOT IN ('call', 'voicemail') AND m.class IN ('human_reply', 'opt_out', 'opt_in', 'help', 'wrong_person'))
WHERE last_channel IN ('call', 'voicemail');
UPDATE conversations SET last_written = (SELECT m.channel FROM messages m WHERE m.prospect_id = conversations.prospect_id AND m.sent_at = conversations.last_written_at
    AND m.direction = 'inbound' AND m.channel NOT IN ('call', 'voicemail') AND m.class IN ('human_reply', 'opt_out', 'opt_in', 'help', 'wrong_person')
    ORDER BY m.id DESC LIMIT 1)
WHERE last_channel IN ('call', 'voicemail') AND last_written_at IS NOT NULL;
