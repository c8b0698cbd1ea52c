-- +goose Up
-- Pictures and voicemails of customers as they were fetched from their provider,
-- who does not keep them for ever: each with what is still to be tried.
CREATE TABLE kept_media (
    id integer PRIMARY KEY AUTOINCREMENT,
    message_id bigint NOT NULL REFERENCES messages,
    place integer NOT NULL,
    type text NOT NULL DEFAULT '',
    content blob,
    content_file text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    next_at datetime,
    fetched_at datetime,
    created_at datetime NOT NULL
);
CREATE UNIQUE INDEX kept_media_once ON kept_media (message_id, place);
CREATE INDEX kept_media_due ON kept_media (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX kept_media_file ON kept_media (content_file) WHERE content_file <> '';
