-- +goose Up
-- What a person asked for on their own page: nothing before a day, and not
-- more often than every so many days.
ALTER TABLE prospects ADD COLUMN rest_until datetime;
ALTER TABLE prospects ADD COLUMN gap_days integer NOT NULL DEFAULT 0;
-- A number or address that fails on several days rests for a while.
ALTER TABLE contact_points ADD COLUMN failed_days integer NOT NULL DEFAULT 0;
ALTER TABLE contact_points ADD COLUMN failed_on text NOT NULL DEFAULT '';
ALTER TABLE contact_points ADD COLUMN rests_until datetime;
-- A new sender begins with few messages a day and grows; and it leaves a gap
-- between two.
ALTER TABLE senders ADD COLUMN ramp_start integer NOT NULL DEFAULT 0;
ALTER TABLE senders ADD COLUMN ramp_step integer NOT NULL DEFAULT 0;
ALTER TABLE senders ADD COLUMN ramp_from text NOT NULL DEFAULT '';
ALTER TABLE senders ADD COLUMN gap_seconds integer NOT NULL DEFAULT 0;

-- What a sender or a company had on a day: the claim reserves here before it
-- sends, and a proved refusal gives back.
CREATE TABLE day_counts (
    scope text NOT NULL,
    ref bigint NOT NULL,
    day text NOT NULL,
    used integer NOT NULL,
    PRIMARY KEY (scope, ref, day)
);

-- Imported lists of addresses and numbers not to be contacted.
CREATE TABLE suppression_lists (
    id integer PRIMARY KEY AUTOINCREMENT,
    name text NOT NULL,
    as_of text NOT NULL,
    numbers bigint NOT NULL DEFAULT 0,
    added bigint NOT NULL DEFAULT 0,
    "by" text NOT NULL DEFAULT '',
    created_at datetime NOT NULL
);

-- The workspace's own order has no value: without an index of its own it
-- would be looked for among everybody's.
CREATE INDEX suppressions_workspace ON suppressions (id) WHERE lifted_at IS NULL AND scope = 'workspace';
-- How many people a rep has in sequences.
CREATE INDEX enrollments_rep_live ON enrollments (rep_id) WHERE state <> 'finished';
