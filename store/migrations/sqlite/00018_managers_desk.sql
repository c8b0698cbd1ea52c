-- +goose Up
-- Sums are kept by channel and by sequence as well, and hours by the day's 24
-- in place of the week's 168, so that what a question reads does not grow with
-- the touches. They are counted anew from the start. The mark's new name keeps
-- a replica that still runs the old program from adding sums of the old kind.
DELETE FROM insight_cells;
DELETE FROM insight_people;
DELETE FROM insight_marks;
INSERT INTO insight_marks (name) VALUES ('lanes');

-- How late the oldest due touch was when the replica last said that it lives,
-- and its last few ticks, as JSON.
ALTER TABLE replicas ADD COLUMN lag_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE replicas ADD COLUMN recent text NOT NULL DEFAULT '[]';

-- What somebody is writing over a published entry of the library.
CREATE TABLE library_drafts (
    id integer PRIMARY KEY AUTOINCREMENT,
    user_id bigint NOT NULL REFERENCES users,
    shelf text NOT NULL,
    entry_id bigint NOT NULL,
    revision bigint NOT NULL,
    fields text NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX library_drafts_once ON library_drafts (user_id, shelf, entry_id);
