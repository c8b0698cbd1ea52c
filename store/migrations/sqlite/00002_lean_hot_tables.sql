-- +goose Up
-- A NULL has an entry in a unique index too, and hardly a touch has a form.
DROP INDEX touches_form_once;
CREATE UNIQUE INDEX touches_form_once ON touches (form_token) WHERE form_token IS NOT NULL;
