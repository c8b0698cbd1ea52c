package simulate

import (
	"fmt"
	"time"
)

// entry is one thing that happened, for the story.
type entry struct {
	at     time.Time
	actor  string
	person int64 // 0: everyone's business
	what   string
	args   []any
}

func (e entry) String() string {
	return fmt.Sprintf("%s  %-10s  %s", e.at.UTC().Format("2006-01-02 15:04:05Z"), e.actor, fmt.Sprintf(e.what, e.args...))
}

// note writes the diary and the digest.
func (w *world) note(actor string, p *person, format string, args ...any) {
	e := entry{at: w.now, actor: actor, what: format, args: args}
	if p != nil {
		e.person = p.id
	}
	w.diary = append(w.diary, e)
	fmt.Fprintf(w.digest, "%d|%s|%d|", e.at.UnixNano(), actor, e.person)
	fmt.Fprintf(w.digest, format, args...)
	if len(w.diary) > 2*diaryKeeps {
		w.diary = append(w.diary[:0], w.diary[len(w.diary)-diaryKeeps:]...)
	}
}

const (
	diaryKeeps = 200_000
	storyLines = 60
)

// broke records the first broken promise with its story: what concerns the
// person, and what concerned everyone on the last days.
func (w *world) broke(p *person, rule, format string, args ...any) {
	if w.breach != nil {
		return
	}
	b := &Breach{Rule: rule, Words: fmt.Sprintf(format, args...)}
	if p != nil {
		b.Words = fmt.Sprintf("prospect %d (%s): %s", p.id, p.zoneName, b.Words)
	}
	var story []string
	for i := len(w.diary) - 1; i >= 0 && len(story) < storyLines; i-- {
		e := w.diary[i]
		mine := p == nil || e.person == p.id
		wide := e.person == 0 && w.now.Sub(e.at) < 3*24*time.Hour
		if mine || wide {
			story = append(story, e.String())
		}
	}
	for i := len(story) - 1; i >= 0; i-- {
		b.Story = append(b.Story, story[i])
	}
	b.Story = append(b.Story, w.now.UTC().Format("2006-01-02 15:04:05Z")+"  judge       "+b.Rule+": "+b.Words)
	w.breach = b
}

// tell writes the diary only: equal runs may tell it in another order.
func (w *world) tell(actor string, p *person, format string, args ...any) {
	e := entry{at: w.now, actor: actor, what: format, args: args}
	if p != nil {
		e.person = p.id
	}
	w.diary = append(w.diary, e)
}
