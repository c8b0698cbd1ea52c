-- +goose Up
-- A page of those who wait begins at a place, which is a time and a person.
DROP INDEX conversations_waiting;
CREATE INDEX conversations_waiting ON conversations (waiting_since, prospect_id) WHERE waiting_since IS NOT NULL;
