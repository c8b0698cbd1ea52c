-- +goose Up
-- Links by which somebody joins, or chooses a new password: only a hash of
-- each is kept.
CREATE TABLE user_tokens (
    id integer PRIMARY KEY AUTOINCREMENT,
    kind text NOT NULL,
    user_id bigint NOT NULL REFERENCES users,
    hash text NOT NULL,
    created_by text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    expires_at datetime NOT NULL,
    used_at datetime
);
CREATE UNIQUE INDEX user_tokens_hash ON user_tokens (hash);
CREATE INDEX user_tokens_open ON user_tokens (user_id) WHERE used_at IS NULL;

CREATE TABLE second_factors (
    user_id bigint PRIMARY KEY REFERENCES users,
    secret blob,
    confirmed_at datetime,
    last_step bigint NOT NULL DEFAULT 0,
    recovery text,
    failures integer NOT NULL DEFAULT 0,
    failed_at datetime,
    updated_at datetime NOT NULL
);

-- One row a sign-in; ending it ends the session at its next request.
CREATE TABLE sign_ins (
    id text PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    browser text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    expires_at datetime NOT NULL,
    ended_at datetime
);
CREATE INDEX sign_ins_user ON sign_ins (user_id) WHERE ended_at IS NULL;

-- Somebody is away: who stands in, and whether their sequences go on.
CREATE TABLE leaves (
    id integer PRIMARY KEY AUTOINCREMENT,
    user_id bigint NOT NULL REFERENCES users,
    stand_in_id bigint REFERENCES users,
    starts_at datetime NOT NULL,
    ends_at datetime NOT NULL,
    rests boolean NOT NULL DEFAULT FALSE,
    created_by text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    ended_at datetime
);
CREATE INDEX leaves_user ON leaves (user_id) WHERE ended_at IS NULL;
-- Whose task it is while a stand-in does it.
ALTER TABLE tasks ADD COLUMN stands_in_for_id bigint REFERENCES users;
CREATE INDEX tasks_stands_in ON tasks (stands_in_for_id) WHERE stands_in_for_id IS NOT NULL AND state IN ('open', 'upcoming');

-- What became of what each sender sent, by day (UTC); counted from the events.
CREATE TABLE sender_days (
    sender_id bigint NOT NULL REFERENCES senders,
    day text NOT NULL,
    sent integer NOT NULL DEFAULT 0,
    bounced integer NOT NULL DEFAULT 0,
    complained integer NOT NULL DEFAULT 0,
    blocked integer NOT NULL DEFAULT 0,
    PRIMARY KEY (sender_id, day)
);
CREATE TABLE tally_marks (
    name text PRIMARY KEY,
    event_id bigint NOT NULL DEFAULT 0
);

-- What a person set aside of what needs attention and has no row of its own to close.
CREATE TABLE dismissals (
    about text PRIMARY KEY,
    "by" text NOT NULL DEFAULT '',
    at datetime NOT NULL
);

-- The audit page: by time, by kind, and by who did it where that was no machine and no customer.
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_kind ON events (kind, at, id);
CREATE INDEX events_by ON events (actor, at, id) WHERE actor NOT IN ('scheduler', 'customer', 'provider');

-- +goose StatementBegin
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_never_vanish BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
-- +goose StatementEnd
