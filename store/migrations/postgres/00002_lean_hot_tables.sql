-- +goose Up
-- What every message writes is made lean; docs/decisions/0009 says why.

-- The texts lie beside the row: recording that a message was sent then writes
-- a narrow row and no index entry, not the letter once more. Uncompressed, for
-- two kilobytes are not worth the time.
ALTER TABLE messages ALTER COLUMN text SET STORAGE EXTERNAL;
ALTER TABLE messages ALTER COLUMN html SET STORAGE EXTERNAL;
ALTER TABLE messages ALTER COLUMN visible SET STORAGE EXTERNAL;
ALTER TABLE messages SET (toast_tuple_target = 256, fillfactor = 60);

-- Nothing that these columns refer to is ever deleted, and SQLite, on which
-- every test runs too, goes on checking them.
ALTER TABLE touches
    DROP CONSTRAINT touches_prospect_id_fkey,
    DROP CONSTRAINT touches_enrollment_id_fkey,
    DROP CONSTRAINT touches_appointment_id_fkey,
    DROP CONSTRAINT touches_contact_point_id_fkey,
    DROP CONSTRAINT touches_sender_id_fkey,
    DROP CONSTRAINT touches_rep_id_fkey;
ALTER TABLE messages
    DROP CONSTRAINT messages_prospect_id_fkey,
    DROP CONSTRAINT messages_touch_id_fkey,
    DROP CONSTRAINT messages_inbound_id_fkey,
    DROP CONSTRAINT messages_contact_point_id_fkey,
    DROP CONSTRAINT messages_sender_id_fkey,
    DROP CONSTRAINT messages_user_id_fkey;

-- A NULL has an entry in a unique index too, and hardly a touch has a form.
DROP INDEX touches_form_once;
CREATE UNIQUE INDEX touches_form_once ON touches (form_token) WHERE form_token IS NOT NULL;
ALTER TABLE prospects SET (fillfactor = 80);
ALTER TABLE contact_points SET (fillfactor = 70);
