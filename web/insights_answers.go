package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"followup/store"
)

// answerInsight counts what the question asks and makes chart and table of it.
func (s *site) answerInsight(ctx context.Context, q insightQuestion, names store.InsightNames) (insightAnswer, error) {
	switch q.View {
	case "rates":
		return s.rateInsight(ctx, q, names)
	case "voicemails":
		return s.voicemailInsight(ctx, q, names)
	case "answers":
		return s.waitInsight(ctx, q)
	case "calls":
		return s.callInsight(ctx, q)
	case "promises":
		return s.promiseInsight(ctx, q)
	case "people":
		return s.peopleInsight(ctx, q, names)
	}
	return s.followUpInsight(ctx, q)
}

// followUpInsight is the chart of the literature. A pursuit with five
// follow-ups had a first, a second …: each counts in the wholes of one to five,
// and closes at five.
func (s *site) followUpInsight(ctx context.Context, q insightQuestion) (insightAnswer, error) {
	figures, err := s.Store.PursuitFigures(ctx, q.Filter)
	if err != nil || len(figures) == 0 {
		return insightAnswer{}, err
	}
	measure := oneOf(q.Measure, closeMeasures)
	last := figures[len(figures)-1].Key.Slot
	at := make([]store.Figure, last+1)
	var all store.Figure
	for _, f := range figures {
		at[f.Key.Slot] = f
		all.N, all.Amount = all.N+f.N, all.Amount+f.Amount
	}
	a := insightAnswer{Table: figureTable{Name: "close rate by follow-ups", Columns: []string{"Follow-up", "Followed up that often", "Closed at it", "Close rate", "95 % from", "to", "Won", "Replied", "Opted out", "Of all closed, by then"}}}
	var shares []share
	reached, closedByThen := all.N, int64(0)
	for n := 1; n <= last; n++ {
		f := at[n]
		closedByThen += f.Amount
		part := map[string]int64{"closed": f.Amount, "won": f.Won, "replied": f.Replied, "opted_out": f.OptedOut}[measure]
		label := strconv.Itoa(n)
		if n == 20 {
			label = "20+"
		}
		shares = append(shares, share{label, part, reached})
		low, high := interval(f.Amount, reached)
		a.Table.Rows = append(a.Table.Rows, []string{label, grouped(reached), grouped(f.Amount), percentOf(f.Amount, reached), exact(low), exact(high),
			grouped(f.Won), grouped(f.Replied), grouped(f.OptedOut), percentOf(closedByThen, all.Amount)})
		reached -= f.N
	}
	c := columns(wordOf(closeMeasures, measure)+" by number of follow-ups", fmt.Sprintf("%d bars, from the first follow-up to number %d; the table below has the numbers.", len(shares), last), shares)
	a.Chart = &c
	a.Totals = []total{{"Pursuits with a follow-up", grouped(all.N)}, {"Closed", grouped(all.Amount)}, {"Close rate", percentOf(all.Amount, all.N)}, {"Follow-ups in a closed one, half had at most", medianFollowUps(at, all.Amount)}}
	a.Note = "Beneath each bar stands how many were followed up that often. The thin line is where the rate lies with 95 % certainty. Dashed: fewer than 20, which tells nothing yet."
	return a, nil
}

func exact(v float64) string { return strconv.FormatFloat(v*100, 'f', 1, 64) + " %" }

func medianFollowUps(at []store.Figure, closed int64) string {
	if closed == 0 {
		return "–"
	}
	seen := int64(0)
	for n, f := range at {
		if seen += f.Amount; 2*seen >= closed {
			return strconv.Itoa(n)
		}
	}
	return "–"
}

var rateColumns = []string{"Follow-ups", "Replies", "Reply rate", "Positive replies", "Positive rate", "Meetings", "Meeting rate", "Won", "Opt-outs", "Opt-out rate"}

func rateRow(label string, f store.Figure) []string {
	return []string{label, grouped(f.N), grouped(f.Replied), percentOf(f.Replied, f.N), grouped(f.Positive), percentOf(f.Positive, f.N), grouped(f.Met), percentOf(f.Met, f.N),
		grouped(f.Won), grouped(f.OptedOut), percentOf(f.OptedOut, f.N)}
}

// chartRows is how many lines a chart has at most; the table has them all.
const chartRows = 24

func (s *site) rateInsight(ctx context.Context, q insightQuestion, names store.InsightNames) (insightAnswer, error) {
	figures, err := s.Store.TouchFigures(ctx, q.Filter, store.InsightBy(q.By))
	if err != nil || len(figures) == 0 {
		return insightAnswer{}, err
	}
	measure := oneOf(q.Measure, insightMeasures)
	by := wordOf(insightBys, q.By)
	a := insightAnswer{Table: figureTable{Name: "rates by " + q.By, Columns: append([]string{by}, rateColumns...)}}
	var all store.Figure
	var shares []share
	for _, f := range inOrder(figures, q.By) {
		label := insightLabel(f.Key, q.By, names)
		a.Table.Rows = append(a.Table.Rows, rateRow(label, f))
		shares = append(shares, share{label, measured(f, measure), f.N})
		all = sumOf(all, f)
	}
	a.Table.Rows = append(a.Table.Rows, rateRow("All", all))
	title := wordOf(insightMeasures, measure) + " by " + q.By
	var c chart
	if q.By == "weekday" || q.By == "hour" {
		c = columns(title, "The table below has the numbers.", shares)
	} else {
		c = lines(title, "The table below has the numbers.", shares[:min(len(shares), chartRows)])
		if len(shares) > chartRows {
			a.Note = fmt.Sprintf("The chart shows the %d with the most follow-ups; the table has all %d. ", chartRows, len(shares))
		}
	}
	a.Chart = &c
	a.Totals = []total{{"Follow-ups", grouped(all.N)}, {"Reply rate", percentOf(all.Replied, all.N)}, {"Positive", percentOf(all.Positive, all.N)}, {"Meetings", percentOf(all.Met, all.N)}, {"Opt-outs", percentOf(all.OptedOut, all.N)}}
	a.Note += "Days and hours are the customer’s own. The thin line is where the rate lies with 95 % certainty. Dashed: fewer than 20."
	return a, nil
}

func measured(f store.Figure, measure string) int64 {
	switch measure {
	case "positive":
		return f.Positive
	case "met":
		return f.Met
	case "opted_out":
		return f.OptedOut
	}
	return f.Replied
}

func sumOf(a, b store.Figure) store.Figure {
	a.N, a.Replied, a.Positive, a.Met, a.Won = a.N+b.N, a.Replied+b.Replied, a.Positive+b.Positive, a.Met+b.Met, a.Won+b.Won
	a.OptedOut, a.Voicemails, a.Returned, a.Amount = a.OptedOut+b.OptedOut, a.Voicemails+b.Voicemails, a.Returned+b.Returned, a.Amount+b.Amount
	return a
}

// inOrder: hours and weekdays as they come, the rest by how often.
func inOrder(figures []store.Figure, by string) []store.Figure {
	if by == "weekday" || by == "hour" {
		return figures
	}
	figures = slices.Clone(figures)
	slices.SortStableFunc(figures, func(a, b store.Figure) int { return int(b.N - a.N) })
	return figures
}

// insightLabel names what a figure is of.
func insightLabel(k store.InsightKey, by string, names store.InsightNames) string {
	switch by {
	case "version":
		v := names.Versions[k.Version]
		return names.SequenceName(k.Sequence) + " v" + strconv.Itoa(v.Number)
	case "step":
		return k.Step + " · " + names.SequenceName(k.Sequence)
	case "variant":
		if k.Variant == "" {
			return k.Step + " (without variants) · " + names.SequenceName(k.Sequence)
		}
		return k.Step + " " + k.Variant + " · " + names.SequenceName(k.Sequence)
	case "channel":
		return lookOf(k.Channel).Name
	case "weekday":
		return time.Weekday((k.Slot + 1) % 7).String()
	case "hour":
		return hourLabel(k.Slot)
	case "rep":
		return names.UserName(k.Rep)
	}
	return names.SequenceName(k.Sequence)
}

// voicemailInsight: calls back per script. A script is the library's where a
// step says it, else the step itself.
func (s *site) voicemailInsight(ctx context.Context, q insightQuestion, names store.InsightNames) (insightAnswer, error) {
	figures, err := s.Store.ScriptFigures(ctx, q.Filter)
	if err != nil {
		return insightAnswer{}, err
	}
	scripted, err := s.Store.InsightScripts(ctx)
	if err != nil {
		return insightAnswer{}, err
	}
	byName := map[string]store.Figure{}
	var all store.Figure
	for _, f := range figures {
		if f.Voicemails == 0 {
			continue
		}
		name := scripted[f.Key]
		if name == "" {
			name = f.Key.Step + " · " + names.SequenceName(f.Key.Sequence)
		}
		byName[name] = sumOf(byName[name], f)
		all = sumOf(all, f)
	}
	if len(byName) == 0 {
		return insightAnswer{}, nil
	}
	a := insightAnswer{Table: figureTable{Name: "return calls by voicemail script", Columns: []string{"Script", "Voicemails left", "Called back", "Return-call rate"}}}
	var scripts []string
	for name := range byName {
		scripts = append(scripts, name)
	}
	slices.SortFunc(scripts, func(x, y string) int { return int(byName[y].Voicemails - byName[x].Voicemails) })
	var shares []share
	for _, name := range scripts {
		f := byName[name]
		a.Table.Rows = append(a.Table.Rows, []string{name, grouped(f.Voicemails), grouped(f.Returned), percentOf(f.Returned, f.Voicemails)})
		shares = append(shares, share{name, f.Returned, f.Voicemails})
	}
	a.Table.Rows = append(a.Table.Rows, []string{"All", grouped(all.Voicemails), grouped(all.Returned), percentOf(all.Returned, all.Voicemails)})
	c := lines("Return calls by voicemail script", "The table below has the numbers.", shares[:min(len(shares), chartRows)])
	a.Chart = &c
	a.Totals = []total{{"Voicemails left", grouped(all.Voicemails)}, {"Called back", percentOf(all.Returned, all.Voicemails)}}
	a.Note = "Left by us or by a rep after a call that nobody answered. A script of the library counts as one, in whatever sequence it is said."
	return a, nil
}
