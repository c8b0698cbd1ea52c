-- +goose Up
-- When the next call of an account at a provider may be made: the provider
-- makes one a second for all of its numbers and keeps the rest past any hour.
CREATE TABLE provider_turns (
    account text PRIMARY KEY,
    next_at datetime NOT NULL
);

-- Until when a call that we place for a rep may ring the prospect's phone.
ALTER TABLE dials ADD COLUMN valid_until datetime;

-- Which links of an email were opened, where a workspace asked for that.
CREATE TABLE link_opens (
    id integer PRIMARY KEY AUTOINCREMENT,
    message_id bigint NOT NULL REFERENCES messages,
    prospect_id bigint NOT NULL REFERENCES prospects,
    url text NOT NULL,
    opens integer NOT NULL,
    first_at datetime NOT NULL,
    last_at datetime NOT NULL
);
CREATE UNIQUE INDEX link_opens_once ON link_opens (message_id, url);
CREATE INDEX link_opens_prospect ON link_opens (prospect_id);
