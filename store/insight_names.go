package store

import (
	"context"
	"slices"
	"strings"

	"followup/models"
)

// InsightNames are the words for what figures are of.
type InsightNames struct {
	Sequences []models.Sequence
	Versions  map[int64]models.SequenceVersion // without their sources
	Users     []models.User
	Teams     []models.Team
	Steps     []InsightKey // every step that anything is known of, by sequence
}

// SequenceName by id.
func (n InsightNames) SequenceName(id int64) string {
	for _, q := range n.Sequences {
		if q.ID == id {
			return q.Name
		}
	}
	return "(gone)"
}

// UserName by id.
func (n InsightNames) UserName(id int64) string {
	for _, u := range n.Users {
		if u.ID == id {
			return u.Name
		}
	}
	return "(gone)"
}

// InsightNames loads them. The steps are few: those of every version that
// somebody was in.
func (s *Store) InsightNames(ctx context.Context) (InsightNames, error) {
	tx := s.reader(ctx)
	n := InsightNames{Versions: map[int64]models.SequenceVersion{}}
	var err error
	if n.Sequences, err = load[models.Sequence](tx.Select("id", "key", "name").Order("name, id")); err != nil {
		return n, err
	}
	if n.Users, err = load[models.User](tx.Select("id", "name", "team_id", "disabled_at").Order("name, id")); err != nil {
		return n, err
	}
	if n.Teams, err = load[models.Team](tx.Order("name, id")); err != nil {
		return n, err
	}
	var steps []insightStep
	if err := tx.Table("insight_steps").Where("version_id <> 0").Scan(&steps).Error; err != nil {
		return n, err
	}
	ids, seen := idSet{}, map[InsightKey]bool{}
	for _, st := range steps {
		ids.add(&st.VersionID)
		k := InsightKey{Sequence: st.SequenceID, Step: st.StepKey}
		if !seen[k] {
			seen[k] = true
			n.Steps = append(n.Steps, k)
		}
	}
	slices.SortFunc(n.Steps, func(a, b InsightKey) int { return a.compare(b) })
	versions, err := load[models.SequenceVersion](tx.Select("id", "sequence_id", "number", "published_at").Where(anyOf(tx, "id", ids.list())))
	for _, v := range versions {
		n.Versions[v.ID] = v
	}
	return n, err
}

// InsightScripts names the library's voicemail script that a version's step
// says, by what ScriptFigures counts.
func (s *Store) InsightScripts(ctx context.Context) (map[InsightKey]string, error) {
	tx := s.reader(ctx)
	var steps []insightStep
	err := tx.Table("insight_steps").Where("version_id <> 0").Where(anyOf(tx, "channel", []string{string(models.ChannelVoicemail), string(models.ChannelCall)})).Scan(&steps).Error
	if err != nil {
		return nil, err
	}
	ids := idSet{}
	for _, st := range steps {
		ids.add(&st.VersionID)
	}
	versions, err := load[models.SequenceVersion](tx.Select("id", "definition").Where(anyOf(tx, "id", ids.list())))
	if err != nil {
		return nil, err
	}
	name, err := s.scriptNames(ctx)
	if err != nil {
		return nil, err
	}
	said := make(map[int64]models.Definition, len(versions))
	for _, v := range versions {
		said[v.ID] = v.Definition
	}
	scripts := map[InsightKey]string{}
	for _, st := range steps {
		step, ok := said[st.VersionID].Step(st.StepKey)
		if !ok {
			continue
		}
		if script := name[spoken(step.With(st.Variant))]; script != "" {
			scripts[InsightKey{Sequence: st.SequenceID, Version: st.VersionID, Step: st.StepKey, Variant: st.Variant}] = script
		}
	}
	return scripts, nil
}

// spoken is what a step leaves as a voicemail: its text, or of a recording's
// address the token; of a call what is said where nobody answers.
func spoken(step models.Step) string {
	text := strings.TrimSpace(step.Body)
	if step.Channel == models.ChannelCall {
		text = strings.TrimSpace(step.NotAnswered)
	}
	if _, token, ok := strings.Cut(text, RecordingPath); ok && strings.HasPrefix(text, "https://") {
		return token
	}
	return text
}

// RecordingPath is where the pages play recordings to whoever has the token.
const RecordingPath = "/r/"

// scriptNames of the library by their text, and by the token of each of their
// recordings.
func (s *Store) scriptNames(ctx context.Context) (map[string]string, error) {
	var rows []struct{ Token, Text, Name string }
	err := s.reader(ctx).Table("voicemail_scripts v").Joins("LEFT JOIN recordings r ON r.script_id = v.id").
		Select("COALESCE(r.token, '') AS token, v.text, v.name").Order("v.id").Scan(&rows).Error
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Token], out[strings.TrimSpace(r.Text)] = r.Name, r.Name
	}
	delete(out, "")
	return out, err
}
