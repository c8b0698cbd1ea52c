-- +goose Up
-- Whose sums are part of which team's. Nobody's are at first: each person's are
-- added to their team's, a person a transaction, before the next events are
-- counted. A team's sums are kept under its number below zero in place of a
-- rep's. The mark's new name keeps a replica that still runs the old program
-- from counting what it does not add to the teams.
CREATE TABLE insight_teams (
    rep_id bigint PRIMARY KEY,
    team_id bigint NOT NULL
);
UPDATE insight_marks SET name = 'teams' WHERE name = 'lanes';
-- A rep's days of a sequence follow from the days of its steps: a fifth of all
-- sums, and hardly ever asked for.
DELETE FROM insight_cells WHERE grain = 'td' AND rep_id > 0 AND slot = -1
    AND step_id IN (SELECT id FROM insight_steps WHERE version_id = 0 AND sequence_id <> 0);
