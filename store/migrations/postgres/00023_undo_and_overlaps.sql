-- +goose Up
-- What a merge changed in place, kept for as long as the two can be told
-- apart again, and when they were.
ALTER TABLE merges ADD COLUMN before_merge jsonb;
ALTER TABLE merges ADD COLUMN undone_at timestamptz;
ALTER TABLE merges ADD COLUMN undone_by text NOT NULL DEFAULT '';

-- A row's booked call that would overlap another one of the same rep.
ALTER TABLE batch_rows ADD COLUMN warning text NOT NULL DEFAULT '';
