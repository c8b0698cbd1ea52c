-- +goose Up
-- Since when no touch is planned for somebody. The list of people with nothing
-- dated ahead begins with whoever has waited longest: since then, or since the
-- last touch where that is later; who was never touched, since they were made.
ALTER TABLE prospects ADD COLUMN idle_since timestamptz;
CREATE INDEX prospects_idle ON prospects (GREATEST(COALESCE(idle_since, created_at), COALESCE(last_touch_at, created_at)), id)
    WHERE next_touch_at IS NULL AND merged_into IS NULL AND erased_at IS NULL;
CREATE INDEX prospects_owner_idle ON prospects (owner_id, GREATEST(COALESCE(idle_since, created_at), COALESCE(last_touch_at, created_at)), id)
    WHERE next_touch_at IS NULL AND merged_into IS NULL AND erased_at IS NULL;
DROP INDEX prospects_no_next;

-- One rep's list in each of its orders. The newest first by an order of its
-- own: by the primary key the planner walks through everybody's people, and
-- after a colleague's large import none of the newest are this rep's.
CREATE INDEX prospects_owner_newest ON prospects (owner_id, (-id));
CREATE INDEX prospects_owner_next ON prospects (owner_id, next_touch_at, id) WHERE next_touch_at IS NOT NULL;
CREATE INDEX prospects_owner_last ON prospects (owner_id, last_touch_at, id) WHERE last_touch_at IS NOT NULL;
