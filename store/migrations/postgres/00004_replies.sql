-- +goose Up
-- Pictures and recordings that came with a message; each lies at its provider.
ALTER TABLE messages ADD COLUMN media jsonb;
-- A person said that an inbound of nobody we know concerns nobody.
ALTER TABLE messages ADD COLUMN dismissed_at timestamptz;
CREATE INDEX messages_unmatched ON messages (id) WHERE prospect_id IS NULL AND direction = 'inbound' AND dismissed_at IS NULL;
-- However many replicas notice it at once: one open question per waiting customer.
CREATE UNIQUE INDEX tasks_unanswered ON tasks (prospect_id) WHERE kind = 'resolve' AND state = 'open' AND reason = 'unanswered_reply';
