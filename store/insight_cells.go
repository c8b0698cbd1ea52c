package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// counted is a fact as a person's row keeps it: its step by number.
type countedFact struct {
	Family byte
	Rep    int64
	Step   int64
	Day    int32
	Cohort int32
	Slot   int32
	Flags  byte
	Amount int64
}

// flags are the outcomes as bits, in the order in which a cell counts them.
func (f fact) flags() byte {
	var b byte
	for i, on := range []bool{f.Replied, f.Positive, f.Met, f.Won, f.OptedOut, f.Voicemail, f.Returned} {
		if on {
			b |= 1 << i
		}
	}
	return b
}

// packFacts writes facts in their order, so that equal ones are equal bytes.
func packFacts(facts []countedFact) []byte {
	slices.SortFunc(facts, func(a, b countedFact) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Step, b.Step),
			cmp.Compare(a.Rep, b.Rep), cmp.Compare(a.Cohort, b.Cohort), cmp.Compare(a.Flags, b.Flags), cmp.Compare(a.Amount, b.Amount))
	})
	var out []byte
	for _, f := range facts {
		out = append(out, f.Family, f.Flags)
		for _, n := range []int64{f.Rep, f.Step, int64(f.Day), int64(f.Cohort), int64(f.Slot), f.Amount} {
			out = binary.AppendVarint(out, n)
		}
	}
	return out
}

var errPacked = errors.New("what a person was counted for cannot be read; empty the tables insight_people, insight_cells, insight_moves and insight_teams and set insight_marks to 0 to count anew")

func unpackFacts(b []byte) ([]countedFact, error) {
	var facts []countedFact
	r := bytes.NewReader(b)
	for r.Len() > 0 {
		var f countedFact
		var err error
		if f.Family, err = r.ReadByte(); err == nil {
			f.Flags, err = r.ReadByte()
		}
		if err != nil {
			return nil, errPacked
		}
		var n [6]int64
		for i := range n {
			if n[i], err = binary.ReadVarint(r); err != nil {
				return nil, errPacked
			}
		}
		f.Rep, f.Step, f.Day, f.Cohort, f.Slot, f.Amount = n[0], n[1], int32(n[2]), int32(n[3]), int32(n[4]), n[5]
		facts = append(facts, f)
	}
	return facts, nil
}

// Grains of cells: the family and how long a cell lasts.
const (
	grainDay    = "d"
	grainMonth  = "m"
	grainCohort = "c" // touches by the month of the enrollment
)

// anySlot is a cell over all slots; allOf one over all reps, or steps. A
// number below zero in a rep's place is a team's.
const (
	anySlot = -1
	allOf   = 0
)

type cellKey struct {
	Grain string // family and grain
	Rep   int64
	Step  int64
	On    int32
	Slot  int32
}

// measures of a cell, in the order of its columns.
type measures [9]int64

const (
	mN = iota
	mReplied
	mPositive
	mMet
	mWon
	mOptedOut
	mVoicemails
	mReturned
	mAmount
)

const measureColumns = "n, replied, positive, met, won, opted_out, voicemails, returned, amount"

func (f countedFact) measures(times int64) measures {
	m := measures{mN: times, mAmount: f.Amount * times}
	for i := range 7 {
		if f.Flags&(1<<i) != 0 {
			m[mReplied+i] = times
		}
	}
	return m
}

// cells are all that a fact is counted in: of everybody, of its rep and of the
// rep's team, where they are in one. Which sums are kept follows from what is
// asked: a question reads the coarsest that still tell its filters apart, and
// how many those are must not grow with the touches. lanes are the wider steps
// that a touch's step is part of: its sequence's touches on its channel, and
// all on its channel. The weekday follows from the day.
func (f countedFact) cells(lanes [2]int64, team int64, add func(cellKey)) {
	for who, rep := range [...]int64{ofAll: allOf, ofTeam: teamSums(team), ofRep: f.Rep} {
		if who := whose(who); rep != allOf || who == ofAll {
			f.cellsOf(who, rep, lanes, add)
		}
	}
}

func (f countedFact) cellsOf(who whose, rep int64, lanes [2]int64, add func(cellKey)) {
	family := string(f.Family)
	month := monthOf(f.Day)
	if f.Family != famTouch {
		for _, step := range unique(allOf, f.Step) {
			add(cellKey{family + grainDay, rep, step, f.Day, f.Slot})
			add(cellKey{family + grainMonth, rep, step, month, f.Slot})
		}
		return
	}
	hour := f.Slot % 24
	for l, step := range []int64{levelStep: f.Step, levelLane: lanes[0], levelChannel: lanes[1]} {
		has := sumsOf(who, level(l))
		if has.day {
			add(cellKey{family + grainDay, rep, step, f.Day, anySlot})
		}
		if has.dayHour {
			add(cellKey{family + grainDay, rep, step, f.Day, hour})
		}
		if has.monthHour {
			add(cellKey{family + grainMonth, rep, step, month, hour})
		}
		add(cellKey{family + grainMonth, rep, step, month, anySlot})
		add(cellKey{family + grainCohort, rep, step, f.Cohort, anySlot})
	}
}

// touchSums are the touches' sums beside those of months and cohorts, which
// there always are.
type touchSums struct{ day, dayHour, monthHour bool }

// sumsOf: a rep's touches of one step of a version are so few that their hours
// are kept by day alone, which the day's sum follows from; and where a rep's
// touches of a sequence are asked for by the day or the hour, its steps tell.
// A team's hours of a single day are its reps'.
func sumsOf(who whose, l level) touchSums {
	switch {
	case who == ofAll, l == levelChannel:
		return touchSums{day: true, dayHour: true, monthHour: true}
	case who == ofTeam:
		return touchSums{day: true, monthHour: true}
	case l == levelStep:
		return touchSums{dayHour: true}
	}
	return touchSums{}
}

func unique(a, b int64) []int64 {
	if a == b {
		return []int64{a}
	}
	return []int64{a, b}
}

// cellDeltas gathers what changes, so that a cell is written once a batch.
type cellDeltas map[cellKey]measures

// change takes what a person was counted for before and what now.
func (d cellDeltas) change(before, after []countedFact, lanes map[int64][2]int64, teams map[int64]int64) {
	net := map[countedFact]int64{}
	for _, f := range before {
		net[f]--
	}
	for _, f := range after {
		net[f]++
	}
	for f, times := range net {
		if times == 0 {
			continue
		}
		m := f.measures(times)
		f.cells(lanes[f.Step], teams[f.Rep], func(k cellKey) { d.add(k, m) })
	}
}

func (d cellDeltas) add(k cellKey, m measures) {
	sum := d[k]
	for i := range sum {
		sum[i] += m[i]
	}
	d[k] = sum
}
