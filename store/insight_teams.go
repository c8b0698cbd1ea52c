package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// whose sums a cell holds.
type whose int

const (
	ofAll whose = iota
	ofTeam
	ofRep
)

// teamSums is under which number a team's sums are kept, beside the reps'.
func teamSums(team int64) int64 { return -team }

// insightTeam is one that a rep's sums are part of; what somebody's row does
// not say is in none.
type insightTeam struct {
	RepID  int64 `gorm:"primaryKey;autoIncrement:false"`
	TeamID int64
}

// followTeams takes the sums of whoever joined or left a team along, from the
// old team's to the new one's: a team is who belongs to it today. Each in a
// transaction of their own, so that it goes on where it was stopped.
func (s *Store) followTeams(ctx context.Context) error {
	var moved []struct{ RepID, Was, Now int64 }
	err := s.read.WithContext(ctx).Raw(`SELECT u.id AS rep_id, COALESCE(t.team_id, 0) AS was, COALESCE(u.team_id, 0) AS now
		FROM users u LEFT JOIN insight_teams t ON t.rep_id = u.id WHERE COALESCE(t.team_id, 0) <> COALESCE(u.team_id, 0) ORDER BY u.id`).Scan(&moved).Error
	if err != nil {
		return err
	}
	for _, m := range moved {
		err := s.inTx(ctx, func(tx *gorm.DB) error { return moveTeamSums(tx, m.RepID, m.Was, m.Now) })
		if err != nil {
			return fmt.Errorf("take rep %d's figures to another team: %w", m.RepID, err)
		}
	}
	return nil
}

func moveTeamSums(tx *gorm.DB, rep, was, now int64) error {
	if err := mayThink(tx); err != nil {
		return err
	}
	// Nobody counts meanwhile.
	var mark insightMark
	if err := forUpdate(tx).Table("insight_marks").Where("name = ?", insightsMark).Take(&mark).Error; err != nil {
		return err
	}
	known, err := teamsOf(tx)
	if err != nil || known[rep] != was {
		return err // another replica did it
	}
	var steps []insightStep
	if err := tx.Table("insight_steps").Order("id").Scan(&steps).Error; err != nil {
		return err
	}
	levels, numbers := map[int64]level{}, map[stepDims]int64{}
	ids := []int64{allOf}
	for _, st := range steps {
		levels[st.ID], numbers[st.dims()] = st.level(), st.ID
		ids = append(ids, st.ID)
	}
	lanes := lanesOf(numbers)
	for chunk := range slices.Chunk(ids, stepsAtOnce) {
		var rows []repCell
		err := tx.Table("insight_cells").Where(anyOf(tx, "grain", grains)).Where("rep_id = ?", rep).Where(anyOf(tx, "step_id", chunk)).Scan(&rows).Error
		if err != nil {
			return err
		}
		deltas := cellDeltas{}
		for _, r := range rows {
			for _, k := range r.teamCells(levels[r.StepID], lanes[r.StepID][0]) {
				for team, sign := range map[int64]int64{was: -1, now: 1} {
					if k.Rep = teamSums(team); team != 0 {
						deltas.add(k, r.measures(sign))
					}
				}
			}
		}
		if err := deltas.write(tx); err != nil {
			return err
		}
	}
	return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "rep_id"}}, DoUpdates: clause.AssignmentColumns([]string{"team_id"})}).
		Create(&insightTeam{RepID: rep, TeamID: now}).Error
}

// stepsAtOnce bounds what is held in memory of a busy rep's years.
const stepsAtOnce = 10

// grains of all families.
var grains = func() []string {
	all := []string{string(famTouch) + grainCohort}
	for _, family := range []byte{famTouch, famPursuit, famAnswer, famCall, famCommitment} {
		all = append(all, string(family)+grainDay, string(family)+grainMonth)
	}
	return all
}()

// repCell is a row of a rep's sums.
type repCell struct {
	Grain    string
	StepID   int64
	StartsOn int32
	Slot     int32
	Figure   `gorm:"embedded"`
}

func (r repCell) measures(sign int64) measures {
	m := measures{mN: r.N, mReplied: r.Replied, mPositive: r.Positive, mMet: r.Met, mWon: r.Won, mOptedOut: r.OptedOut,
		mVoicemails: r.Voicemails, mReturned: r.Returned, mAmount: r.Amount}
	for i := range m {
		m[i] *= sign
	}
	return m
}

// teamCells are the team's sums that a rep's is part of. Where a team keeps
// what its reps do not, the days' hours of their steps tell.
func (r repCell) teamCells(l level, lane int64) []cellKey {
	day, month := string(famTouch)+grainDay, string(famTouch)+grainMonth
	if r.Grain != day || l != levelStep {
		return []cellKey{{Grain: r.Grain, Step: r.StepID, On: r.StartsOn, Slot: r.Slot}}
	}
	return []cellKey{
		{Grain: day, Step: r.StepID, On: r.StartsOn, Slot: anySlot},
		{Grain: month, Step: r.StepID, On: monthOf(r.StartsOn), Slot: r.Slot},
		{Grain: day, Step: lane, On: r.StartsOn, Slot: anySlot},
		{Grain: month, Step: lane, On: monthOf(r.StartsOn), Slot: r.Slot},
	}
}

// teamsOf reads whose sums are part of which team's.
func teamsOf(tx *gorm.DB) (map[int64]int64, error) {
	var rows []insightTeam
	if err := tx.Table("insight_teams").Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.RepID] = r.TeamID
	}
	return out, nil
}

// sumsOfReps says whose sums tell of these reps: whole teams have their own.
func sumsOfReps(read *gorm.DB, reps []int64) ([]repGroup, error) {
	teams, err := teamsOf(read)
	if err != nil {
		return nil, err
	}
	wanted := make(map[int64]bool, len(reps))
	for _, id := range reps {
		wanted[id] = true
	}
	members := map[int64][]int64{}
	for rep, team := range teams {
		members[team] = append(members[team], rep)
	}
	team := repGroup{who: ofTeam}
	for id, all := range members {
		if id == 0 || len(all) < 2 || slices.ContainsFunc(all, func(rep int64) bool { return !wanted[rep] }) {
			continue
		}
		team.keys = append(team.keys, teamSums(id))
		team.reps = append(team.reps, all...)
		for _, rep := range all {
			delete(wanted, rep)
		}
	}
	var groups []repGroup
	if len(team.keys) > 0 {
		slices.Sort(team.keys)
		slices.Sort(team.reps)
		groups = append(groups, team)
	}
	if rest := slices.Sorted(maps.Keys(wanted)); len(rest) > 0 {
		groups = append(groups, repGroup{ofRep, rest, rest})
	}
	return groups, nil
}

// repGroup are sums that are asked together: their keys, and whom they are of.
type repGroup struct {
	who        whose
	keys, reps []int64
}
