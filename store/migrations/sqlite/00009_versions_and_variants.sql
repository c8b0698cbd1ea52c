-- +goose Up
-- Which variant of its step a touch was made with; '' where the step has none.
ALTER TABLE touches ADD COLUMN variant text NOT NULL DEFAULT '';
CREATE INDEX touches_variant ON touches (step_key, variant) WHERE variant <> '';
-- Where an enrollment goes on whose last step its version does not have.
ALTER TABLE enrollments ADD COLUMN go_on_at text NOT NULL DEFAULT '';
-- The team it is shared with; null: everybody.
ALTER TABLE sequences ADD COLUMN team_id bigint REFERENCES teams;
ALTER TABLE sequence_versions ADD COLUMN note text NOT NULL DEFAULT '';

-- People on their way to another version: a long move goes on in the
-- background and survives its page and its process.
CREATE TABLE version_moves (
    id integer PRIMARY KEY AUTOINCREMENT,
    sequence_id bigint NOT NULL REFERENCES sequences,
    version_id bigint NOT NULL REFERENCES sequence_versions,
    user_id bigint REFERENCES users,
    state text NOT NULL,
    go_on_at text,
    after_id bigint NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    ended_at datetime
);
CREATE INDEX version_moves_running ON version_moves (id) WHERE state = 'running';
CREATE INDEX version_moves_sequence ON version_moves (sequence_id, id);
