-- +goose Up
-- When the provider is asked again what became of an unconfirmed touch. Kept
-- here, not in a replica's memory: all replicas and restarts share the patience.
ALTER TABLE touches ADD COLUMN ask_at timestamptz;
