package web

import (
	"fmt"
	"math"
	"net/http"

	"followup/models"
)

// trialView is a step whose variants are tried against each other.
type trialView struct {
	Step     models.Step
	N        int
	Variants []variantResult
	Verdict  string
	Leader   string // the variant that is ahead beyond chance; "" where none is
}

type variantResult struct {
	models.Variant
	models.TrialCount
	Share           string // of the people, as the weights say
	Rate            string // of answers
	Low, High       int    // percent, the 95 percent interval
	RatePer, Middle int
	Ahead           bool
}

// trials reads how the variants of what runs now do.
func (s *site) trials(r *http.Request, sequenceID int64, d models.Definition) ([]trialView, error) {
	var out []trialView
	var counts []models.TrialCount
	for i, st := range d.Steps {
		if len(st.Variants) == 0 {
			continue
		}
		if counts == nil {
			var err error
			if counts, err = s.Store.ViewTrials(r.Context(), sequenceID, d); err != nil {
				return nil, err
			}
		}
		t := viewTrial(st, i+1, counts)
		t.judge(d.Recurring())
		out = append(out, t)
	}
	return out, nil
}

func viewTrial(st models.Step, n int, counts []models.TrialCount) trialView {
	t := trialView{Step: st, N: n}
	total := 0
	for _, v := range st.Variants {
		total += v.Weight
	}
	for _, v := range st.Variants {
		res := variantResult{Variant: v, Share: percent(int64(v.Weight), int64(total))}
		for _, c := range counts {
			if c.StepKey == st.Key && c.Variant == v.Key {
				res.TrialCount = c
			}
		}
		low, high := models.Wilson(res.Replies, res.People)
		res.Rate, res.Low, res.High = percent(res.Replies, res.People), int(math.Round(low*100)), int(math.Round(high*100))
		t.Variants = append(t.Variants, res)
	}
	return t
}

// judge compares the best two by their share of answers.
func (t *trialView) judge(recurring bool) {
	if recurring {
		// A test takes each answer for another person's.
		t.Verdict = "The same people get it again and again, so no test can tell chance from difference. Compare the rates over some months."
		return
	}
	best, second := -1, -1
	for i := range t.Variants {
		switch {
		case best < 0 || rate(t.Variants[i]) > rate(t.Variants[best]):
			best, second = i, best
		case second < 0 || rate(t.Variants[i]) > rate(t.Variants[second]):
			second = i
		}
	}
	a, b := &t.Variants[best], &t.Variants[second]
	p, enough := models.TwoShares(a.Replies, a.People, b.Replies, b.People)
	// With more than two, one of several comparisons is ahead by chance: Bonferroni.
	level := 0.05 / float64(len(t.Variants)*(len(t.Variants)-1)/2)
	switch {
	case !enough:
		t.Verdict = fmt.Sprintf("Too few to tell: each needs at least %d people, and five answers to be expected of it.", models.LeastTrial)
	case p < level:
		a.Ahead, t.Leader = true, a.Variant.Key
		t.Verdict = fmt.Sprintf("%s is ahead: chance alone would make this difference in %s of such trials.", a.Variant.Key, smallShare(p))
	default:
		t.Verdict = fmt.Sprintf("No difference that chance could not make (p = %.2f). Let it run, or keep the one you like.", p)
	}
}

func rate(v variantResult) float64 {
	if v.People == 0 {
		return 0
	}
	return float64(v.Replies) / float64(v.People)
}

func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

func smallShare(p float64) string {
	if p < 0.001 {
		return "less than 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}
