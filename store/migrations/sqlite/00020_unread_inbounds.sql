-- +goose Up
-- Whoever an inbound is from, as far as the first glance tells: until it is
-- understood, nothing automatic goes to them.
ALTER TABLE inbounds ADD COLUMN from_address text NOT NULL DEFAULT '';
CREATE INDEX inbounds_unread ON inbounds (from_address) WHERE state <> 'processed';
