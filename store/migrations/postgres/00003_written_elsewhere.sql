-- +goose Up
-- When a user last wrote to them from elsewhere: a phone, another mail program.
ALTER TABLE conversations ADD COLUMN written_at timestamptz;
