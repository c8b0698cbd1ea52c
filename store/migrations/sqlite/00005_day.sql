-- +goose Up
-- What a rep chose for themselves: who stands in, and how they are told of an
-- answer or an approaching call.
ALTER TABLE users ADD COLUMN stand_in_id bigint REFERENCES users;
ALTER TABLE users ADD COLUMN notify text;

-- A task that was put off comes back at its time; one that was handed over
-- says by whom and why.
ALTER TABLE tasks ADD COLUMN snoozed_until datetime;
ALTER TABLE tasks ADD COLUMN handed_by bigint REFERENCES users;
ALTER TABLE tasks ADD COLUMN hand_over_note text NOT NULL DEFAULT '';
-- Open for a working day and more: the manager sees it since then.
ALTER TABLE tasks ADD COLUMN escalated_at datetime;
CREATE INDEX tasks_snoozed ON tasks (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX tasks_overdue ON tasks (due_at) WHERE state = 'open' AND escalated_at IS NULL;
CREATE INDEX tasks_escalated ON tasks (user_id, due_at) WHERE state = 'open' AND escalated_at IS NOT NULL;
-- A rep's booked calls ahead.
CREATE INDEX tasks_user_upcoming ON tasks (user_id, due_at, id) WHERE state = 'upcoming';
-- Whom an answer just came for.
CREATE INDEX tasks_answer_fresh ON tasks (updated_at) WHERE state = 'open' AND kind = 'reply';
-- However many replicas notice it at once: one open alarm per booked call.
CREATE UNIQUE INDEX tasks_undialled ON tasks (appointment_id) WHERE kind = 'resolve' AND state = 'open' AND reason = 'call_undialled';

-- One row for each thing that one user is told, and each way: never twice.
CREATE TABLE notifications (
    id integer PRIMARY KEY AUTOINCREMENT,
    user_id bigint NOT NULL REFERENCES users,
    kind text NOT NULL,
    about text NOT NULL,
    way text NOT NULL,
    state text NOT NULL,
    task_id bigint REFERENCES tasks,
    prospect_id bigint REFERENCES prospects,
    sender_id bigint REFERENCES senders,
    title text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    html text NOT NULL DEFAULT '',
    href text NOT NULL DEFAULT '',
    to_address text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    send_after datetime NOT NULL,
    not_after datetime,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX notifications_once ON notifications (user_id, about, way);
CREATE INDEX notifications_waiting ON notifications (send_after, id) WHERE state = 'waiting';
CREATE INDEX notifications_user ON notifications (user_id, id);
