package models

import (
	"hash/fnv"
	"strconv"
)

// Variant is one wording of a step that is tried against others. What it
// leaves out is as the step says it.
type Variant struct {
	Key          string `json:"key"`
	Name         string `json:"name,omitempty"`
	Weight       int    `json:"weight"` // its share of the people among the weights of all; 0: nobody new gets it
	Subject      string `json:"subject,omitempty"`
	Body         string `json:"body,omitempty"`
	TalkingPoint string `json:"talking_point,omitempty"`
	Question     string `json:"question,omitempty"`
	Answered     string `json:"answered,omitempty"`
	NotAnswered  string `json:"not_answered,omitempty"`
}

// Variant finds a variant of the step by its key.
func (s Step) Variant(key string) (Variant, bool) {
	for _, v := range s.Variants {
		if v.Key == key {
			return v, true
		}
	}
	return Variant{}, false
}

// With is the step as the variant words it; as it stands where it has no such variant.
func (s Step) With(key string) Step {
	v, ok := s.Variant(key)
	if !ok {
		return s
	}
	for _, f := range []struct {
		to *string
		by string
	}{
		{&s.Subject, v.Subject}, {&s.Body, v.Body}, {&s.TalkingPoint, v.TalkingPoint},
		{&s.Question, v.Question}, {&s.Answered, v.Answered}, {&s.NotAnswered, v.NotAnswered},
	} {
		if f.by != "" {
			*f.to = f.by
		}
	}
	s.Variants = nil
	return s
}

// SameWording tells whether under the key of a variant both steps say the same
// on the same channel: only then are their results those of one wording.
func (s Step) SameWording(o Step, key string) bool {
	if _, has := o.Variant(key); !has {
		return false
	}
	a, b := s.With(key), o.With(key)
	return a.Channel == b.Channel && a.Subject == b.Subject && a.Body == b.Body && a.TalkingPoint == b.TalkingPoint &&
		a.Question == b.Question && a.Answered == b.Answered && a.NotAnswered == b.NotAnswered
}

// VariantFor draws the variant of a person by their id and the step's key:
// they get the same one however often it is planned, also where they are
// enrolled again, and different steps are drawn independently. "" where the
// step has none.
func (s Step) VariantFor(prospectID int64) string {
	total := 0
	for _, v := range s.Variants {
		total += max(v.Weight, 0)
	}
	if total == 0 {
		return ""
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(strconv.FormatInt(prospectID, 10) + "/" + s.Key))
	// The lower bits of FNV differ little between neighbours: mixed, they do.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	at := int(x % uint64(total))
	for _, v := range s.Variants {
		if at -= max(v.Weight, 0); at < 0 {
			return v.Key
		}
	}
	return ""
}
