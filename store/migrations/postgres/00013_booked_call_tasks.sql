-- +goose Up
-- A booked call has its task from its booking on. What the rep reads is made
-- ready shortly before the minute, so that the minute itself only opens it.
ALTER TABLE tasks ADD COLUMN ready_at timestamptz;
CREATE INDEX tasks_upcoming ON tasks (due_at, id) WHERE state = 'upcoming';
