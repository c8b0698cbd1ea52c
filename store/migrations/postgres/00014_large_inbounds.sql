-- +goose Up
-- A large inbound lies in a file of this name instead of in content.
ALTER TABLE inbounds ADD COLUMN content_file text NOT NULL DEFAULT '';
