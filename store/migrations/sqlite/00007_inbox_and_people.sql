-- +goose Up
-- What people are found by: each word of their name and company, their
-- addresses, the ends of their numbers, and their own fields as key=value.
-- A table beside theirs: an index on prospects would be written with every
-- touch, since its row moves then. Compared byte by byte, so that the
-- beginning of a word is a range of the index whatever the locale.
CREATE TABLE prospect_words (
    prospect_id bigint NOT NULL REFERENCES prospects,
    word text NOT NULL,
    PRIMARY KEY (prospect_id, word)
) WITHOUT ROWID;
CREATE INDEX prospect_words_word ON prospect_words (word, prospect_id);

INSERT OR IGNORE INTO prospect_words (prospect_id, word)
WITH RECURSIVE split (id, word, rest) AS (
    SELECT p.id, '', replace(replace(replace(replace(lower(p.first_name || ' ' || p.last_name || ' ' || COALESCE(c.name, '')), '-', ' '), '.', ' '), '''', ' '), ',', ' ') || ' '
    FROM prospects p LEFT JOIN companies c ON c.id = p.company_id WHERE p.merged_into IS NULL AND p.erased_at IS NULL
    UNION ALL
    SELECT id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM split WHERE rest <> ''
)
SELECT id, substr(word, 1, 60) FROM split WHERE word <> '';
INSERT OR IGNORE INTO prospect_words (prospect_id, word)
SELECT p.id, substr(w.word, 1, 60) FROM prospects p JOIN (
    SELECT prospect_id, lower(ltrim(value, '+')) AS word FROM contact_points
    UNION ALL SELECT prospect_id, substr(lower(value), instr(value, '@') + 1) FROM contact_points WHERE kind = 'email'
    UNION ALL SELECT prospect_id, substr(value, -10) FROM contact_points WHERE kind = 'phone'
    UNION ALL SELECT prospect_id, substr(value, -8) FROM contact_points WHERE kind = 'phone'
    UNION ALL SELECT prospect_id, substr(value, -7) FROM contact_points WHERE kind = 'phone'
    UNION ALL SELECT prospect_id, substr(value, -4) FROM contact_points WHERE kind = 'phone'
) w ON w.prospect_id = p.id
WHERE w.word <> '' AND p.merged_into IS NULL AND p.erased_at IS NULL;

-- The inbox lists those who wrote, the newest first; the engine's own sends
-- do not touch these.
CREATE INDEX conversations_inbound ON conversations (last_inbound_at, prospect_id) WHERE last_inbound_at IS NOT NULL;
CREATE INDEX conversations_unread ON conversations (last_inbound_at, prospect_id) WHERE unread_count > 0;

-- What a user is writing to somebody, kept until it is sent or emptied.
CREATE TABLE answer_drafts (
    id integer PRIMARY KEY AUTOINCREMENT,
    user_id bigint NOT NULL REFERENCES users,
    prospect_id bigint NOT NULL REFERENCES prospects,
    channel text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    revision bigint NOT NULL DEFAULT 0,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX answer_drafts_once ON answer_drafts (user_id, prospect_id);
CREATE INDEX answer_drafts_prospect ON answer_drafts (prospect_id);

-- Files that leave with an answer.
CREATE TABLE answer_files (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    user_id bigint NOT NULL REFERENCES users,
    touch_id bigint REFERENCES touches,
    name text NOT NULL,
    type text NOT NULL,
    size bigint NOT NULL,
    content blob NOT NULL,
    token text NOT NULL,
    created_at datetime NOT NULL
);
CREATE UNIQUE INDEX answer_files_token ON answer_files (token);
CREATE INDEX answer_files_touch ON answer_files (touch_id) WHERE touch_id IS NOT NULL;
CREATE INDEX answer_files_draft ON answer_files (user_id, prospect_id) WHERE touch_id IS NULL;
CREATE INDEX answer_files_prospect ON answer_files (prospect_id);

-- Lists of prospects that a user comes back to.
CREATE TABLE saved_filters (
    id integer PRIMARY KEY AUTOINCREMENT,
    user_id bigint NOT NULL REFERENCES users,
    name text NOT NULL,
    query text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX saved_filters_name ON saved_filters (user_id, name);

-- What a person changed by hand, field by field: the event names the fields
-- and stays, these values go with the person's erasure.
CREATE TABLE prospect_edits (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    field text NOT NULL,
    was text NOT NULL DEFAULT '',
    became text NOT NULL DEFAULT '',
    "by" text NOT NULL,
    at datetime NOT NULL
);
CREATE INDEX prospect_edits_prospect ON prospect_edits (prospect_id, id);

-- Who became part of whom, and companies by the beginning of their name.
CREATE INDEX prospects_merged ON prospects (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX companies_lower ON companies (lower(name), id);

-- Two records that may be one person, the smaller id first. A person says
-- which it is.
CREATE TABLE duplicates (
    id integer PRIMARY KEY AUTOINCREMENT,
    one_id bigint NOT NULL REFERENCES prospects,
    other_id bigint NOT NULL REFERENCES prospects,
    reason text NOT NULL,
    state text NOT NULL,
    "by" text NOT NULL DEFAULT '',
    found_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX duplicates_once ON duplicates (one_id, other_id);
CREATE INDEX duplicates_other ON duplicates (other_id);
CREATE INDEX duplicates_open ON duplicates (id) WHERE state = 'open';
