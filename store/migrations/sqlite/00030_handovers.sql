-- +goose Up
-- Somebody's work on its way to who takes over, in batches; another replica or
-- the next start goes on where it stopped.
CREATE TABLE handovers (
    id integer PRIMARY KEY AUTOINCREMENT,
    user_id bigint NOT NULL REFERENCES users,
    to_id bigint NOT NULL REFERENCES users,
    by text NOT NULL DEFAULT '',
    total integer NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    tasks integer NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    ended_at datetime
);
CREATE UNIQUE INDEX handovers_running ON handovers (user_id) WHERE ended_at IS NULL;
CREATE INDEX handovers_user ON handovers (user_id, id);
