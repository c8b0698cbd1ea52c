-- +goose Up
-- A conversation belongs to the owner of its person; lists of one rep or one
-- team are found by it instead of by looking up each person.
UPDATE conversations SET assignee_id = (SELECT p.owner_id FROM prospects p WHERE p.id = conversations.prospect_id)
WHERE assignee_id IS NOT (SELECT p.owner_id FROM prospects p WHERE p.id = conversations.prospect_id);
CREATE INDEX conversations_assignee_waiting ON conversations (assignee_id, waiting_since, prospect_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversations_assignee_unread ON conversations (assignee_id, last_inbound_at, prospect_id) WHERE unread_count > 0;
CREATE INDEX conversations_assignee_inbound ON conversations (assignee_id, last_inbound_at, prospect_id) WHERE last_inbound_at IS NOT NULL;

-- Why somebody was enrolled, where it was for a reason of the library: their
-- calls and messages in it give that one first.
ALTER TABLE enrollments ADD COLUMN talking_point_id bigint REFERENCES talking_points;

-- The booked call that a line of a file names, and the zone it is read in.
ALTER TABLE batch_rows ADD COLUMN call_at datetime;
ALTER TABLE batch_rows ADD COLUMN call_zone text NOT NULL DEFAULT '';

-- What happened to a company itself, for its timeline.
CREATE INDEX events_company ON events (company_id, id) WHERE company_id IS NOT NULL;

-- What became part of which record by a merge, table by table: so that it can
-- be told apart by hand where the two were two people after all.
CREATE TABLE merges (
    id integer PRIMARY KEY AUTOINCREMENT,
    keep_id bigint NOT NULL REFERENCES prospects,
    drop_id bigint NOT NULL REFERENCES prospects,
    "by" text NOT NULL,
    at datetime NOT NULL,
    moved text
);
CREATE INDEX merges_keep ON merges (keep_id);
CREATE INDEX merges_drop ON merges (drop_id);
