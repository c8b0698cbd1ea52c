-- +goose Up
-- People and organisations -------------------------------------------------

CREATE TABLE teams (
    id integer PRIMARY KEY AUTOINCREMENT,
    name text NOT NULL,
    created_at datetime NOT NULL
);

CREATE TABLE users (
    id integer PRIMARY KEY AUTOINCREMENT,
    team_id bigint REFERENCES teams,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    zone text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    signature text NOT NULL DEFAULT '',
    password_hash text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    disabled_at datetime
);
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE companies (
    id integer PRIMARY KEY AUTOINCREMENT,
    name text NOT NULL,
    domain text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT '',
    region text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    website text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX companies_domain ON companies (domain) WHERE domain <> '';
CREATE INDEX companies_name ON companies (name);

CREATE TABLE company_holds (
    id integer PRIMARY KEY AUTOINCREMENT,
    company_id bigint NOT NULL REFERENCES companies,
    reason text NOT NULL,
    until datetime,
    "by" text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    lifted_at datetime
);
CREATE INDEX company_holds_standing ON company_holds (company_id) WHERE lifted_at IS NULL;

CREATE TABLE prospects (
    id integer PRIMARY KEY AUTOINCREMENT,
    company_id bigint REFERENCES companies,
    owner_id bigint NOT NULL REFERENCES users,
    first_name text NOT NULL DEFAULT '',
    last_name text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    zone text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT '',
    region text NOT NULL DEFAULT '',
    custom text,
    notes text NOT NULL DEFAULT '',
    revision bigint NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    last_touch_at datetime,
    next_touch_at datetime,
    merged_into bigint REFERENCES prospects,
    erased_at datetime
);
CREATE INDEX prospects_company ON prospects (company_id) WHERE company_id IS NOT NULL;
-- The lists page by keyset over these.
CREATE INDEX prospects_owner_name ON prospects (owner_id, last_name, first_name, id);
CREATE INDEX prospects_name ON prospects (last_name, first_name, id);
CREATE INDEX prospects_next_touch ON prospects (next_touch_at, id);
CREATE INDEX prospects_last_touch ON prospects (last_touch_at, id);

CREATE TABLE contact_points (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    kind text NOT NULL,
    value text NOT NULL,
    label text NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 0,
    validity text NOT NULL DEFAULT 'unknown',
    invalid_reason text NOT NULL DEFAULT '',
    last_result text NOT NULL DEFAULT '',
    last_tried_at datetime,
    last_inbound_at datetime,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX contact_points_once ON contact_points (prospect_id, kind, value);
CREATE INDEX contact_points_value ON contact_points (value);

-- What we send from --------------------------------------------------------

CREATE TABLE senders (
    id integer PRIMARY KEY AUTOINCREMENT,
    owner_id bigint REFERENCES users,
    kind text NOT NULL,
    provider text NOT NULL,
    address text NOT NULL,
    name text NOT NULL DEFAULT '',
    state text NOT NULL,
    stopped_reason text NOT NULL DEFAULT '',
    stopped_detail text NOT NULL DEFAULT '',
    stopped_at datetime,
    rate_per_minute integer NOT NULL DEFAULT 0,
    daily_cap integer NOT NULL DEFAULT 0,
    next_free_at datetime NOT NULL,
    paused_till datetime,
    settings text,
    secrets blob,
    inbound text NOT NULL DEFAULT 'none',
    inbound_read_at datetime,
    inbound_cursor text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX senders_address ON senders (kind, address);
CREATE INDEX senders_owner ON senders (owner_id);

-- Sequences and who is in them ---------------------------------------------

CREATE TABLE sequences (
    id integer PRIMARY KEY AUTOINCREMENT,
    "key" text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    state text NOT NULL,
    current_version_id bigint REFERENCES sequence_versions,
    builtin boolean NOT NULL DEFAULT FALSE,
    draft_source text NOT NULL DEFAULT '',
    draft_by bigint REFERENCES users,
    revision bigint NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX sequences_key ON sequences ("key");

CREATE TABLE sequence_versions (
    id integer PRIMARY KEY AUTOINCREMENT,
    sequence_id bigint NOT NULL REFERENCES sequences,
    number integer NOT NULL,
    source text NOT NULL DEFAULT '',
    definition text NOT NULL,
    lint_override text NOT NULL DEFAULT '',
    published_by bigint REFERENCES users,
    published_at datetime NOT NULL
);
CREATE UNIQUE INDEX sequence_versions_number ON sequence_versions (sequence_id, number);

CREATE TABLE enrollments (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    sequence_id bigint NOT NULL REFERENCES sequences,
    version_id bigint NOT NULL REFERENCES sequence_versions,
    pending_version_id bigint REFERENCES sequence_versions,
    rep_id bigint NOT NULL REFERENCES users,
    state text NOT NULL CHECK (state IN ('active', 'paused', 'finished')),
    outcome text NOT NULL DEFAULT '',
    appointment_id bigint REFERENCES appointments,
    commitment_id bigint REFERENCES commitments,
    variables text,
    replan_at datetime,
    frozen text,
    resumed_at datetime,
    enrolled_by text NOT NULL DEFAULT '',
    started_at datetime NOT NULL,
    finished_at datetime,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX enrollments_one_live ON enrollments (prospect_id, sequence_id) WHERE state <> 'finished';
CREATE INDEX enrollments_prospect ON enrollments (prospect_id);
CREATE INDEX enrollments_sequence ON enrollments (sequence_id, state);
-- What the plan asks each second.
CREATE INDEX enrollments_replan ON enrollments (replan_at, id) WHERE state = 'active' AND replan_at IS NOT NULL;
CREATE INDEX enrollments_paused ON enrollments (id) WHERE state = 'paused';
CREATE INDEX enrollments_appointment ON enrollments (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX enrollments_commitment ON enrollments (commitment_id) WHERE commitment_id IS NOT NULL;
CREATE INDEX enrollments_pending ON enrollments (pending_version_id) WHERE pending_version_id IS NOT NULL;

CREATE TABLE pauses (
    id integer PRIMARY KEY AUTOINCREMENT,
    enrollment_id bigint NOT NULL REFERENCES enrollments,
    reason text NOT NULL,
    until datetime,
    "by" text NOT NULL DEFAULT '',
    task_id bigint REFERENCES tasks,
    created_at datetime NOT NULL
);
CREATE UNIQUE INDEX pauses_reason ON pauses (enrollment_id, reason);
CREATE INDEX pauses_until ON pauses (until) WHERE until IS NOT NULL;
CREATE INDEX pauses_task ON pauses (task_id) WHERE task_id IS NOT NULL;

CREATE TABLE appointments (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    rep_id bigint NOT NULL REFERENCES users,
    enrollment_id bigint REFERENCES enrollments,
    contact_point_id bigint REFERENCES contact_points,
    starts_at datetime NOT NULL,
    minutes integer NOT NULL DEFAULT 0,
    zone text NOT NULL DEFAULT '',
    revision integer NOT NULL,
    state text NOT NULL,
    title text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    booked_by text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    ended_at datetime
);
CREATE INDEX appointments_prospect ON appointments (prospect_id);
CREATE INDEX appointments_booked ON appointments (starts_at) WHERE state = 'booked';

CREATE TABLE commitments (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    rep_id bigint NOT NULL REFERENCES users,
    enrollment_id bigint REFERENCES enrollments,
    outcome text NOT NULL DEFAULT '',
    value text NOT NULL DEFAULT '',
    due_on text NOT NULL DEFAULT '',
    words text NOT NULL DEFAULT '',
    cost_per_day text NOT NULL DEFAULT '',
    state text NOT NULL,
    cause text NOT NULL DEFAULT '',
    replaced_by bigint REFERENCES commitments,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    closed_at datetime
);
CREATE INDEX commitments_prospect ON commitments (prospect_id);
CREATE INDEX commitments_open ON commitments (due_on) WHERE state = 'open';

-- What comes due -----------------------------------------------------------

CREATE TABLE touches (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    enrollment_id bigint REFERENCES enrollments,
    appointment_id bigint REFERENCES appointments,
    appointment_revision integer NOT NULL DEFAULT 0,
    step_key text NOT NULL DEFAULT '',
    occurrence text NOT NULL DEFAULT '',
    form_token text,
    kind text NOT NULL,
    channel text NOT NULL,
    purpose text NOT NULL,
    contact_point_id bigint REFERENCES contact_points,
    sender_id bigint REFERENCES senders,
    rep_id bigint NOT NULL REFERENCES users,
    state text NOT NULL CHECK (state IN ('planned', 'sending', 'sent', 'failed', 'unconfirmed', 'open', 'done', 'missed', 'dismissed', 'skipped', 'canceled')),
    due_at datetime NOT NULL,
    promised_at datetime NOT NULL,
    not_after datetime,
    urgent boolean NOT NULL DEFAULT FALSE,
    hold_reason text NOT NULL DEFAULT '',
    hold_detail text NOT NULL DEFAULT '',
    draft text,
    why text NOT NULL DEFAULT '',
    attempt integer NOT NULL DEFAULT 0,
    replica text NOT NULL DEFAULT '',
    send_by datetime,
    end_reason text NOT NULL DEFAULT '',
    end_detail text NOT NULL DEFAULT '',
    planned_at datetime NOT NULL,
    ended_at datetime,
    updated_at datetime NOT NULL
);
-- One touch per step and occurrence, one per booked call and revision, one per form, one live per enrollment.
CREATE UNIQUE INDEX touches_step_once ON touches (enrollment_id, step_key, occurrence) WHERE state <> 'canceled';
CREATE UNIQUE INDEX touches_booked_call_once ON touches (appointment_id, appointment_revision) WHERE kind = 'booked_call' AND state <> 'canceled';
CREATE UNIQUE INDEX touches_form_once ON touches (form_token);
CREATE UNIQUE INDEX touches_one_live ON touches (enrollment_id) WHERE state IN ('planned', 'sending', 'open', 'unconfirmed') AND kind <> 'booked_call';
-- The claim's three queues: promises, per sender, and what no sender sends.
CREATE INDEX touches_due_urgent ON touches (due_at) WHERE state = 'planned' AND urgent;
CREATE INDEX touches_due_sender ON touches (sender_id, due_at) WHERE state = 'planned' AND NOT urgent AND sender_id IS NOT NULL;
CREATE INDEX touches_due_unsent ON touches (due_at) WHERE state = 'planned' AND NOT urgent AND sender_id IS NULL;
CREATE INDEX touches_held ON touches (hold_reason) WHERE state = 'planned' AND hold_reason <> '';
CREATE INDEX touches_handed ON touches (state, updated_at) WHERE state IN ('sending', 'unconfirmed');
CREATE INDEX touches_booked_calls ON touches (promised_at) WHERE kind = 'booked_call' AND state IN ('planned', 'open');
CREATE INDEX touches_prospect ON touches (prospect_id, id);
CREATE INDEX touches_appointment ON touches (appointment_id) WHERE appointment_id IS NOT NULL;

CREATE TABLE tasks (
    id integer PRIMARY KEY AUTOINCREMENT,
    kind text NOT NULL,
    state text NOT NULL,
    user_id bigint NOT NULL REFERENCES users,
    prospect_id bigint REFERENCES prospects,
    enrollment_id bigint REFERENCES enrollments,
    touch_id bigint REFERENCES touches,
    message_id bigint REFERENCES messages,
    appointment_id bigint REFERENCES appointments,
    sender_id bigint REFERENCES senders,
    title text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    urgent boolean NOT NULL DEFAULT FALSE,
    due_at datetime NOT NULL,
    prep text,
    outcome text NOT NULL DEFAULT '',
    notes text NOT NULL DEFAULT '',
    dialed_at datetime,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    closed_at datetime,
    closed_by text NOT NULL DEFAULT ''
);
CREATE INDEX tasks_open ON tasks (user_id, due_at, id) WHERE state = 'open';
-- What a user closed today.
CREATE INDEX tasks_done ON tasks (user_id, closed_at) WHERE state = 'done';
CREATE INDEX tasks_prospect ON tasks (prospect_id, id) WHERE prospect_id IS NOT NULL;
CREATE INDEX tasks_enrollment ON tasks (enrollment_id) WHERE enrollment_id IS NOT NULL;
CREATE INDEX tasks_touch ON tasks (touch_id) WHERE touch_id IS NOT NULL;
CREATE INDEX tasks_appointment ON tasks (appointment_id) WHERE appointment_id IS NOT NULL;
-- However many replicas notice it at once: one open task per sender and trouble.
CREATE UNIQUE INDEX tasks_sender_trouble ON tasks (sender_id, reason) WHERE kind = 'resolve' AND state = 'open' AND reason IN ('unconfirmed', 'sender_stopped');

-- What was said ------------------------------------------------------------

CREATE TABLE inbounds (
    id integer PRIMARY KEY AUTOINCREMENT,
    provider text NOT NULL,
    provider_id text NOT NULL,
    channel text NOT NULL,
    sender_id bigint REFERENCES senders,
    folder text NOT NULL DEFAULT '',
    content blob,
    state text NOT NULL,
    error text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    message_id bigint REFERENCES messages,
    received_at datetime NOT NULL,
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX inbounds_once ON inbounds (provider, provider_id);
CREATE INDEX inbounds_pending ON inbounds (id) WHERE state <> 'processed';

CREATE TABLE messages (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint REFERENCES prospects,
    touch_id bigint REFERENCES touches,
    inbound_id bigint REFERENCES inbounds,
    direction text NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    contact_point_id bigint REFERENCES contact_points,
    sender_id bigint REFERENCES senders,
    user_id bigint REFERENCES users,
    from_address text NOT NULL DEFAULT '',
    from_name text NOT NULL DEFAULT '',
    to_address text NOT NULL DEFAULT '',
    to_name text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    html text NOT NULL DEFAULT '',
    visible text NOT NULL DEFAULT '',
    token text NOT NULL DEFAULT '',
    mail_id text NOT NULL DEFAULT '',
    in_reply_to text NOT NULL DEFAULT '',
    "references" text,
    provider text NOT NULL DEFAULT '',
    provider_id text NOT NULL DEFAULT '',
    class text NOT NULL DEFAULT '',
    class_why text NOT NULL DEFAULT '',
    return_date text NOT NULL DEFAULT '',
    segments integer NOT NULL DEFAULT 0,
    error_code text NOT NULL DEFAULT '',
    error_detail text NOT NULL DEFAULT '',
    valid_until datetime,
    created_at datetime NOT NULL,
    sent_at datetime,
    delivered_at datetime,
    read_at datetime
);
CREATE UNIQUE INDEX messages_token ON messages (token) WHERE token <> '';
-- A second attempt reuses the message of the first.
CREATE UNIQUE INDEX messages_touch ON messages (touch_id) WHERE direction = 'outbound';
CREATE UNIQUE INDEX messages_inbound ON messages (inbound_id) WHERE inbound_id IS NOT NULL;
CREATE INDEX messages_prospect ON messages (prospect_id, id);
CREATE INDEX messages_mail_id ON messages (mail_id) WHERE mail_id <> '';
CREATE INDEX messages_provider_id ON messages (provider_id) WHERE provider_id <> '';

CREATE TABLE conversations (
    prospect_id bigint PRIMARY KEY REFERENCES prospects,
    last_inbound_at datetime,
    last_channel text NOT NULL DEFAULT '',
    last_contact_id bigint REFERENCES contact_points,
    last_sender_id bigint REFERENCES senders,
    last_message_id bigint REFERENCES messages,
    last_message_at datetime,
    waiting_since datetime,
    unread_count integer NOT NULL DEFAULT 0,
    assignee_id bigint REFERENCES users,
    updated_at datetime NOT NULL
);
CREATE INDEX conversations_waiting ON conversations (waiting_since) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversations_recent ON conversations (last_message_at, prospect_id);

CREATE TABLE receipts (
    id integer PRIMARY KEY AUTOINCREMENT,
    provider text NOT NULL,
    provider_id text NOT NULL DEFAULT '',
    token text NOT NULL DEFAULT '',
    message_id bigint REFERENCES messages,
    status text NOT NULL,
    code text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    answered_by text NOT NULL DEFAULT '',
    at datetime NOT NULL
);
CREATE INDEX receipts_message ON receipts (message_id) WHERE message_id IS NOT NULL;

-- What we know and may do --------------------------------------------------

CREATE TABLE discoveries (
    prospect_id bigint PRIMARY KEY REFERENCES prospects,
    goal text NOT NULL DEFAULT '',
    goal_value text NOT NULL DEFAULT '',
    goal_date text NOT NULL DEFAULT '',
    stretch_goal text NOT NULL DEFAULT '',
    obstacle text NOT NULL DEFAULT '',
    daily_cost text NOT NULL DEFAULT '',
    tried_before text NOT NULL DEFAULT '',
    why_it_failed text NOT NULL DEFAULT '',
    common text NOT NULL DEFAULT '',
    revision bigint NOT NULL DEFAULT 0,
    updated_at datetime NOT NULL,
    updated_by bigint REFERENCES users
);

CREATE TABLE talking_points (
    id integer PRIMARY KEY AUTOINCREMENT,
    kind text NOT NULL,
    text text NOT NULL,
    source text NOT NULL DEFAULT '',
    owner_id bigint REFERENCES users,
    expires_on text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    retired_at datetime
);

CREATE TABLE talking_point_uses (
    id integer PRIMARY KEY AUTOINCREMENT,
    talking_point_id bigint NOT NULL REFERENCES talking_points,
    prospect_id bigint NOT NULL REFERENCES prospects,
    touch_id bigint REFERENCES touches,
    heard_at datetime NOT NULL
);
CREATE UNIQUE INDEX talking_point_uses_once ON talking_point_uses (prospect_id, talking_point_id);

CREATE TABLE objections (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    task_id bigint REFERENCES tasks,
    kind text NOT NULL,
    words text NOT NULL DEFAULT '',
    answered_by bigint REFERENCES talking_points,
    created_at datetime NOT NULL,
    created_by bigint REFERENCES users
);
CREATE INDEX objections_prospect ON objections (prospect_id);

CREATE TABLE pursuits (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    follow_ups integer NOT NULL DEFAULT 0,
    last_counted_on text NOT NULL DEFAULT '',
    goodbye_at datetime,
    talking_point_id bigint REFERENCES talking_points,
    started_at datetime NOT NULL,
    ended_at datetime,
    ended_by text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX pursuits_one_open ON pursuits (prospect_id) WHERE ended_at IS NULL;
CREATE INDEX pursuits_prospect ON pursuits (prospect_id);

CREATE TABLE consents (
    id integer PRIMARY KEY AUTOINCREMENT,
    prospect_id bigint NOT NULL REFERENCES prospects,
    contact_point_id bigint NOT NULL REFERENCES contact_points,
    channel text NOT NULL,
    basis text NOT NULL,
    source text NOT NULL DEFAULT '',
    text_shown text NOT NULL DEFAULT '',
    proof text NOT NULL DEFAULT '',
    given_at datetime NOT NULL,
    expires_at datetime,
    withdrawn_at datetime,
    recorded_by text NOT NULL DEFAULT '',
    created_at datetime NOT NULL
);
CREATE INDEX consents_prospect ON consents (prospect_id);

CREATE TABLE suppressions (
    id integer PRIMARY KEY AUTOINCREMENT,
    scope text NOT NULL,
    prospect_id bigint REFERENCES prospects,
    company_id bigint REFERENCES companies,
    value text NOT NULL DEFAULT '',
    channel text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    message_id bigint REFERENCES messages,
    "by" text NOT NULL DEFAULT '',
    created_at datetime NOT NULL,
    lifted_at datetime,
    lifted_by text NOT NULL DEFAULT ''
);
CREATE INDEX suppressions_person ON suppressions (prospect_id) WHERE lifted_at IS NULL AND prospect_id IS NOT NULL;
CREATE INDEX suppressions_company ON suppressions (company_id) WHERE lifted_at IS NULL AND company_id IS NOT NULL;
CREATE INDEX suppressions_value ON suppressions (value) WHERE lifted_at IS NULL;

-- The audit trail: append only, ids and codes, no foreign keys so that it outlives what it speaks of.
CREATE TABLE events (
    id integer PRIMARY KEY AUTOINCREMENT,
    at datetime NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    prospect_id bigint,
    company_id bigint,
    enrollment_id bigint,
    touch_id bigint,
    message_id bigint,
    task_id bigint,
    appointment_id bigint,
    sequence_id bigint,
    sender_id bigint,
    user_id bigint,
    channel text NOT NULL DEFAULT '',
    code text NOT NULL DEFAULT '',
    data text
);
CREATE INDEX events_prospect ON events (prospect_id, id) WHERE prospect_id IS NOT NULL;

-- The workspace and its processes ------------------------------------------

CREATE TABLE settings (
    id integer PRIMARY KEY CHECK (id = 1),
    data text NOT NULL
);

-- Judged by the database's clock (heartbeat_at); ticked_at is the scheduler's own time.
CREATE TABLE replicas (
    id text PRIMARY KEY,
    host text NOT NULL DEFAULT '',
    started_at datetime NOT NULL,
    heartbeat_at datetime NOT NULL,
    ticked_at datetime NOT NULL,
    tick_ms integer NOT NULL DEFAULT 0
);

-- A stop wider than a person raises the value; every claim holds the row FOR SHARE.
CREATE TABLE epochs (
    name text PRIMARY KEY,
    value bigint NOT NULL DEFAULT 0
);
INSERT INTO epochs (name, value) VALUES ('stops', 0);

-- A job that must run once per period commits its row together with what it produces.
CREATE TABLE job_runs (
    job text NOT NULL,
    period text NOT NULL,
    ran_at datetime NOT NULL,
    PRIMARY KEY (job, period)
);

CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    expires_at datetime NOT NULL
);

CREATE TABLE sessions (
    token text PRIMARY KEY,
    data blob NOT NULL,
    expiry datetime NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);
