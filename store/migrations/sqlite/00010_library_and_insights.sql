-- +goose Up
-- The shared library: reasons for calling, stories, suggestions, snippets and
-- voicemail scripts. A draft is a proposal; published, it is offered.
ALTER TABLE talking_points ADD COLUMN state text NOT NULL DEFAULT 'published';
ALTER TABLE talking_points ADD COLUMN answers text;
ALTER TABLE talking_points ADD COLUMN words text NOT NULL DEFAULT '';
ALTER TABLE talking_points ADD COLUMN revision bigint NOT NULL DEFAULT 0;
CREATE INDEX talking_point_uses_point ON talking_point_uses (talking_point_id, heard_at);
CREATE INDEX objections_kind ON objections (kind, id);

CREATE TABLE stories (
    id integer PRIMARY KEY AUTOINCREMENT,
    title text NOT NULL,
    client text NOT NULL DEFAULT '',
    before_text text NOT NULL DEFAULT '',
    after_text text NOT NULL DEFAULT '',
    days integer NOT NULL DEFAULT 0,
    permission text NOT NULL DEFAULT '',
    permission_note text NOT NULL DEFAULT '',
    answers text,
    state text NOT NULL,
    owner_id bigint REFERENCES users,
    revision bigint NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    retired_at datetime
);

CREATE TABLE suggestions (
    id integer PRIMARY KEY AUTOINCREMENT,
    text text NOT NULL,
    obstacle text NOT NULL DEFAULT '',
    words text NOT NULL DEFAULT '',
    state text NOT NULL,
    owner_id bigint REFERENCES users,
    revision bigint NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    retired_at datetime
);

CREATE TABLE suggestion_uses (
    id integer PRIMARY KEY AUTOINCREMENT,
    suggestion_id bigint NOT NULL REFERENCES suggestions,
    prospect_id bigint NOT NULL REFERENCES prospects,
    user_id bigint REFERENCES users,
    touch_id bigint REFERENCES touches,
    task_id bigint REFERENCES tasks,
    given_at datetime NOT NULL
);
CREATE UNIQUE INDEX suggestion_uses_once ON suggestion_uses (prospect_id, suggestion_id);

-- owner_id NULL: everybody's.
CREATE TABLE snippets (
    id integer PRIMARY KEY AUTOINCREMENT,
    owner_id bigint REFERENCES users,
    name text NOT NULL,
    text text NOT NULL,
    state text NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    created_by bigint REFERENCES users,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    retired_at datetime
);

CREATE TABLE voicemail_scripts (
    id integer PRIMARY KEY AUTOINCREMENT,
    name text NOT NULL,
    text text NOT NULL,
    recording_id bigint REFERENCES recordings,
    state text NOT NULL,
    owner_id bigint REFERENCES users,
    revision bigint NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    retired_at datetime
);

-- A recording never changes: a version of a sequence that names its token
-- plays for ever what was recorded then.
CREATE TABLE recordings (
    id integer PRIMARY KEY AUTOINCREMENT,
    script_id bigint NOT NULL REFERENCES voicemail_scripts,
    token text NOT NULL,
    content_type text NOT NULL,
    millis integer NOT NULL,
    size integer NOT NULL,
    content blob NOT NULL,
    created_at datetime NOT NULL,
    created_by bigint REFERENCES users
);
CREATE UNIQUE INDEX recordings_token ON recordings (token);
CREATE INDEX recordings_script ON recordings (script_id);

-- What a person makes of a reply: positive, neutral or negative.
ALTER TABLE messages ADD COLUMN mark text NOT NULL DEFAULT '';

-- The figures, kept counted; docs/metrics.md says what each is. All of it can
-- be dropped and is counted again from the start.
CREATE TABLE insight_marks (
    name text PRIMARY KEY,
    event_id bigint NOT NULL DEFAULT 0,
    ceiling bigint NOT NULL DEFAULT 0,
    fence text NOT NULL DEFAULT ''
);
INSERT INTO insight_marks (name) VALUES ('events');

CREATE TABLE insight_steps (
    id integer PRIMARY KEY AUTOINCREMENT,
    sequence_id bigint NOT NULL,
    version_id bigint NOT NULL,
    step_key text NOT NULL,
    variant text NOT NULL,
    channel text NOT NULL
);
CREATE UNIQUE INDEX insight_steps_once ON insight_steps (sequence_id, version_id, step_key, variant, channel);

-- Which version a step was of that was made before its person moved on.
CREATE TABLE insight_moves (
    event_id bigint PRIMARY KEY,
    enrollment_id bigint NOT NULL,
    at datetime NOT NULL,
    from_version bigint NOT NULL
);
CREATE INDEX insight_moves_enrollment ON insight_moves (enrollment_id);

-- What each person is counted for now: the difference to what they are
-- counted for next goes into the cells.
CREATE TABLE insight_people (
    prospect_id bigint PRIMARY KEY,
    counted blob NOT NULL
);

-- starts_on is a day's number since 1970; 0 as rep or step means all of them.
CREATE TABLE insight_cells (
    grain text NOT NULL,
    rep_id bigint NOT NULL,
    step_id bigint NOT NULL,
    starts_on integer NOT NULL,
    slot integer NOT NULL,
    n bigint NOT NULL DEFAULT 0,
    replied bigint NOT NULL DEFAULT 0,
    positive bigint NOT NULL DEFAULT 0,
    met bigint NOT NULL DEFAULT 0,
    won bigint NOT NULL DEFAULT 0,
    opted_out bigint NOT NULL DEFAULT 0,
    voicemails bigint NOT NULL DEFAULT 0,
    returned bigint NOT NULL DEFAULT 0,
    amount bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (grain, rep_id, step_id, starts_on, slot)
) WITHOUT ROWID;
