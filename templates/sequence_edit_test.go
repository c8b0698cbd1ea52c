package templates

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"followup/models"
)

const commented = `# Who this is for: people who asked.
key: short
name: Short # the shop window

steps:
  # The first word counts.
  - key: mail
    channel: email # never a text here
    timing: {after: {days: 1, at: "09:00"}}
    subject: S
    body: |
      Hello,
      this is it.

  # Only if nobody answered.
  - key: call
    channel: call
    timing: {after: {business_days: 2}}
    talking_point: you can see it # the reason

  - key: text
    channel: sms
    timing:
      after: {hours: 3}
    body: "B"
`

func edited(t *testing.T, change func(*models.Definition)) string {
	t.Helper()
	out, err := EditSequence([]byte(commented), change)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseSequence(out); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// What is not changed keeps its words, its comments and its empty lines.
func TestEditingKeepsComments(t *testing.T) {
	if out := edited(t, func(*models.Definition) {}); out != commented {
		t.Errorf("an edit of nothing gives\n%s", out)
	}
	out := edited(t, func(d *models.Definition) { d.Steps[0].Subject = "A better one"; d.Name = "Shorter" })
	want := strings.Replace(strings.Replace(commented, "subject: S", "subject: A better one", 1), "name: Short #", "name: Shorter #", 1)
	if out != strings.Replace(want, "shop window\n\nsteps", "shop window\nsteps", 1) {
		t.Errorf("got\n%s", out)
	}
	out = edited(t, func(d *models.Definition) { d.Steps[0], d.Steps[1] = d.Steps[1], d.Steps[0] })
	if strings.Index(out, "Only if nobody") > strings.Index(out, "The first word") || strings.Count(out, "#") != strings.Count(commented, "#") {
		t.Errorf("got\n%s", out)
	}
	out = edited(t, func(d *models.Definition) { d.Steps[2].Timing.Hours = 4; d.Steps[1].Disabled = true })
	if !strings.Contains(out, "after: {hours: 4}") || !strings.Contains(out, "disabled: true") || !strings.Contains(out, "# the reason") {
		t.Errorf("got\n%s", out)
	}
}

// What is changed in place is written, too.
func TestEditingInPlace(t *testing.T) {
	source := "key: k\nname: K\non_call: {busy: pause}\nsteps:\n  - key: a\n    channel: email\n    variants:\n      - {key: a, body: A}\n      - {key: b, body: B}\n"
	out, err := EditSequence([]byte(source), func(d *models.Definition) {
		d.Steps[0].Variants[1].Body = "Better"
		d.OnCall[models.OutcomeBusy] = models.MoveFinish
	})
	if err != nil || !strings.Contains(string(out), "body: Better") || !strings.Contains(string(out), "busy: finish") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Only the first step may leave its timing out: moved, it says what it meant.
func TestMovedFirstStepGetsItsTiming(t *testing.T) {
	source := strings.Replace(commented, "    timing: {after: {days: 1, at: \"09:00\"}}\n", "", 1)
	out, err := EditSequence([]byte(source), func(d *models.Definition) { d.Steps[0], d.Steps[1] = d.Steps[1], d.Steps[0] })
	if err != nil {
		t.Fatal(err)
	}
	if d, err := ParseSequence(out); err != nil || d.Steps[1].Timing != (models.Timing{Kind: models.TimingAfter}) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestEditingRefusesWhatIsNoSequence(t *testing.T) {
	for _, source := range []string{"", "a: [", "key: x\nname: X\n", "- a"} {
		if _, err := EditSequence([]byte(source), func(d *models.Definition) { d.Name = "Y" }); err == nil {
			t.Errorf("%q was edited", source)
		}
	}
}

// Any edit gives exactly the definition that was asked for.
func TestEditingSaysWhatWasAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SampledFrom(Builtins()).Draw(t, "builtin")
		want := b.Definition
		want.Steps = slices.Clone(want.Steps)
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			i := rapid.IntRange(0, len(want.Steps)-1).Draw(t, "step")
			switch rapid.IntRange(0, 6).Draw(t, "edit") {
			case 0:
				want.Steps[i].Name = rapid.SampledFrom([]string{"", "A name", "with: colon", "# no comment", " blank"}).Draw(t, "name")
			case 1:
				want.Steps[i].Body = rapid.SampledFrom([]string{"", "One line", "Two\nlines\n\nand more", "{{ rep.name }} - \"x\"", "  indented\n- list"}).Draw(t, "body")
			case 2:
				j := rapid.IntRange(0, len(want.Steps)-1).Draw(t, "to")
				want.Steps[i], want.Steps[j] = want.Steps[j], want.Steps[i]
			case 3:
				if len(want.Steps) > 1 {
					want.Steps = slices.Delete(want.Steps, i, i+1)
				}
			case 4:
				want.Steps = slices.Insert(want.Steps, i, models.Step{Key: "new-" + rapid.StringMatching("[a-z]{6}").Draw(t, "key"), Channel: models.ChannelSMS,
					Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter, Days: 2}, Body: "B"})
			case 5:
				want.Steps[i].Variants = []models.Variant{{Key: "a", Weight: 1, Body: "A"}, {Key: "b", Weight: 3, Body: "B\nC"}}
			default:
				want.Steps[i].Disabled = !want.Steps[i].Disabled
			}
		}
		out, err := EditSequence([]byte(b.Source), func(d *models.Definition) { *d = want })
		if err != nil {
			t.Fatal(err)
		}
		got, _ := ReadSequence(out)
		formatted, err := FormatSequence(want)
		if err != nil {
			t.Fatal(err)
		}
		asked, _ := ReadSequence(formatted)
		if !reflect.DeepEqual(got, asked) {
			t.Fatalf("got\n%s\nwant\n%s", out, formatted)
		}
	})
}

// Whatever is edited, every comment of a step that stays stays with it, and so
// do the order and the wording of what was not touched.
func TestAnyEditKeepsComments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SampledFrom(Builtins()).Draw(t, "builtin")
		// A comment above, beside and within each step.
		var lines []string
		for line := range strings.SplitSeq(b.Source, "\n") {
			switch {
			case strings.HasPrefix(line, "  - key:"):
				key := strings.TrimSpace(strings.TrimPrefix(line, "  - key:"))
				lines = append(lines, "  # above "+key, line+" # beside "+key)
				continue
			case strings.HasPrefix(line, "    channel:"):
				line += " # within"
			}
			lines = append(lines, line)
		}
		source := strings.Join(lines, "\n")
		gone := map[string]bool{}
		out, err := EditSequence([]byte(source), func(d *models.Definition) {
			for range rapid.IntRange(1, 4).Draw(t, "edits") {
				i := rapid.IntRange(0, len(d.Steps)-1).Draw(t, "step")
				s := &d.Steps[i]
				switch rapid.IntRange(0, 5).Draw(t, "edit") {
				case 0:
					s.Name = rapid.SampledFrom([]string{"", "Another", "with: colon"}).Draw(t, "name")
				case 1:
					s.Body = "Other words\n\nfor all"
				case 2:
					j := rapid.IntRange(0, len(d.Steps)-1).Draw(t, "to")
					d.Steps[i], d.Steps[j] = d.Steps[j], d.Steps[i]
					continue
				case 3:
					if len(d.Steps) > 1 {
						gone[s.Key] = true
						d.Steps = slices.Delete(d.Steps, i, i+1)
					}
					continue
				case 4:
					s.Channel = models.ChannelSMS
				default:
					s.Timing = models.Timing{Kind: models.TimingAfter, Hours: 3}
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		was, _ := ReadSequence([]byte(source))
		within := 0
		for _, s := range was.Steps {
			if gone[s.Key] {
				continue
			}
			within++
			if !strings.Contains(string(out), "# above "+s.Key) || !strings.Contains(string(out), "# beside "+s.Key) {
				t.Fatalf("the comments of %s are lost:\n%s", s.Key, out)
			}
		}
		if got := strings.Count(string(out), "# within"); got != within {
			t.Fatalf("%d comments within steps, want %d:\n%s", got, within, out)
		}
		for _, line := range strings.Split(source, "\n") { // what no step says is as it was
			if strings.HasPrefix(line, "steps:") {
				break
			}
			if !strings.Contains(string(out), line) {
				t.Fatalf("the head lost %q:\n%s", line, out)
			}
		}
	})
}
