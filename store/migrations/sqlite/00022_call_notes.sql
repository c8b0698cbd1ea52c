-- +goose Up
-- What a rep writes while they talk is kept like the rest of the card: until
-- the call is closed it lay in the page alone.
ALTER TABLE call_cards ADD COLUMN notes text NOT NULL DEFAULT '';
ALTER TABLE call_cards ADD COLUMN next_at text NOT NULL DEFAULT '';
ALTER TABLE call_cards ADD COLUMN voicemail text NOT NULL DEFAULT '';
