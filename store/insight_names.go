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
	// Scripts names the library's voicemail script that a version's step says.
	Scripts map[InsightKey]string
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
	n := InsightNames{Versions: map[int64]models.SequenceVersion{}, Scripts: map[InsightKey]string{}}
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
	versions, seen := idSet{}, map[InsightKey]bool{}
	for _, st := range steps {
		versions.add(&st.VersionID)
		k := InsightKey{Sequence: st.SequenceID, Step: st.StepKey}
		if !seen[k] {
			seen[k] = true
			n.Steps = append(n.Steps, k)
		}
	}
	slices.SortFunc(n.Steps, func(a, b InsightKey) int { return a.compare(b) })
	return n, s.nameVersions(ctx, &n, versions.list(), steps)
}

// nameVersions loads the versions, and finds the library's scripts among
// what their steps say.
func (s *Store) nameVersions(ctx context.Context, n *InsightNames, ids []int64, steps []insightStep) error {
	if len(ids) == 0 {
		return nil
	}
	tx := s.reader(ctx)
	versions, err := load[models.SequenceVersion](tx.Select("id", "sequence_id", "number", "published_at", "definition").Where(anyOf(tx, "id", ids)))
	if err != nil {
		return err
	}
	name, err := s.scriptNames(ctx)
	if err != nil {
		return err
	}
	said := map[int64]models.Definition{}
	for _, v := range versions {
		said[v.ID] = v.Definition
		v.Definition = models.Definition{}
		n.Versions[v.ID] = v
	}
	for _, st := range steps {
		step, ok := said[st.VersionID].Step(st.StepKey)
		if !ok {
			continue
		}
		if script := name[spoken(step.With(st.Variant))]; script != "" {
			n.Scripts[InsightKey{Sequence: st.SequenceID, Version: st.VersionID, Step: st.StepKey, Variant: st.Variant}] = script
		}
	}
	return nil
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
