package store

import (
	"context"

	"followup/models"
)

// ViewTrials says what each variant of the version that runs brought, out of
// the figures that are kept counted: a minute behind at most, and as fast for
// a million people as for ten. Earlier versions count as far as they word the
// variant in the same way: a new trial under old letters begins at nothing.
func (s *Store) ViewTrials(ctx context.Context, sequenceID int64, runs models.Definition) ([]models.TrialCount, error) {
	figures, err := s.figures(ctx, cellQuery{family: famTouch, filter: InsightFilter{Sequence: sequenceID}, by: byTrial})
	if err != nil || len(figures) == 0 {
		return nil, err
	}
	versions := idSet{}
	for _, f := range figures {
		versions.add(&f.Key.Version)
	}
	said, err := versionsByID(s.reader(s.knowing(ctx)), versions.list())
	if err != nil {
		return nil, err
	}
	at := map[InsightKey]int{}
	var counts []models.TrialCount
	for _, f := range figures {
		step, ok := runs.Step(f.Key.Step)
		if !ok || said[f.Key.Version] == nil {
			continue
		}
		if _, tried := step.Variant(f.Key.Variant); !tried {
			continue
		}
		if then, ok := said[f.Key.Version].Definition.Step(f.Key.Step); !ok || !step.SameWording(then, f.Key.Variant) {
			continue
		}
		k := InsightKey{Step: f.Key.Step, Variant: f.Key.Variant}
		i, known := at[k]
		if !known {
			i = len(counts)
			at[k] = i
			counts = append(counts, models.TrialCount{StepKey: k.Step, Variant: k.Variant})
		}
		counts[i].People += f.N
		counts[i].Replies += f.Replied
		counts[i].Positive += f.Positive
		counts[i].Meetings += f.Met
		counts[i].OptedOut += f.OptedOut
	}
	return counts, nil
}
