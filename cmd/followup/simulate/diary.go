package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// entry is one thing that happened, for the story.
type entry struct {
	order  int
	at     time.Time
	actor  string
	person int64 // 0: everyone's business
	what   string
	args   []any
}

func (e entry) String() string {
	return fmt.Sprintf("%s  %-10s  %s", e.at.UTC().Format("2006-01-02 15:04:05Z"), e.actor, fmt.Sprintf(e.what, e.args...))
}

// storyLines is how long a story is, at most.
const storyLines = 60

// diary keeps what a story may tell: the last of each person's, and of
// everyone's. It does not grow with the days.
type diary struct {
	written int
	of      map[int64][]entry
	last    []entry
}

func (d *diary) write(e entry) {
	d.written++
	e.order = d.written
	if d.of == nil {
		d.of = map[int64][]entry{}
	}
	d.of[e.person] = lastOf(append(d.of[e.person], e))
	d.last = lastOf(append(d.last, e))
}

// lastOf cuts a list that has grown to twice what is kept.
func lastOf(list []entry) []entry {
	if len(list) < 2*storyLines {
		return list
	}
	return append(list[:0], list[len(list)-storyLines:]...)
}

// story is what concerns the person, and what concerned everyone on the last
// days; without a person whatever happened last.
func (d *diary) story(p *person, now time.Time) []string {
	list := slices.Clone(d.last)
	if p != nil {
		list = slices.Clone(d.of[p.id])
		for _, e := range d.of[0] {
			if now.Sub(e.at) < 3*24*time.Hour {
				list = append(list, e)
			}
		}
		slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.order, b.order) })
	}
	list = list[max(0, len(list)-storyLines):]
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = e.String()
	}
	return lines
}

// note writes the diary and the digest.
func (w *world) note(actor string, p *person, format string, args ...any) {
	e := w.tell(actor, p, format, args...)
	fmt.Fprintf(w.digest, "%d|%s|%d|", e.at.UnixNano(), actor, e.person)
	fmt.Fprintf(w.digest, format, args...)
}

// tell writes the diary only: equal runs may tell it in another order.
func (w *world) tell(actor string, p *person, format string, args ...any) entry {
	e := entry{at: w.now, actor: actor, what: format, args: args}
	if p != nil {
		e.person = p.id
	}
	w.diary.write(e)
	return e
}

// broke records the first broken promise with its story.
func (w *world) broke(p *person, rule, format string, args ...any) {
	if w.breach != nil {
		return
	}
	b := &Breach{Rule: rule, Words: fmt.Sprintf(format, args...)}
	if p != nil {
		b.Words = fmt.Sprintf("prospect %d (%s): %s", p.id, p.zoneName, b.Words)
	}
	b.Story = append(w.diary.story(p, w.now), w.now.UTC().Format("2006-01-02 15:04:05Z")+"  judge       "+b.Rule+": "+b.Words)
	w.breach = b
}
