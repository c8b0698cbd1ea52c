package web

import (
	"fmt"
	"html/template"
	"strings"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// funcs are what the templates may call besides the methods of their data.
func (v *views) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":       v.asset,
		"dict":        dict,
		"check":       func(c channels.CheckState) string { return wordOr(checkIcons[c], "help") },
		"list":        func(items ...any) []any { return items },
		"field":       newField,
		"icon":        func(name string) iconRef { return iconRef{Name: name, Sprite: v.asset("icons.svg")} },
		"channel":     lookOf,
		"objections":  func() []option { return objections },
		"outcomes":    func() []outcomeLook { return outcomes },
		"outcome":     outcomeLabel,
		"reason":      reasonText,
		"code":        codeText,
		"pause":       func(r models.PauseReason) string { return pauseWords[r] },
		"finish":      func(o models.EnrollmentOutcome) string { return finishWords[o] },
		"finishes":    func() []models.EnrollmentOutcome { return finishChoices },
		"basis":       func(b models.ConsentBasis) string { return consentWords[b] },
		"bases":       func() []models.ConsentBasis { return consentChoices },
		"class":       func(c models.InboundClass) string { return classWords[c] },
		"anchor":      func(a models.Anchor) string { return anchorWords[a] },
		"event":       func(k models.EventKind) string { return wordOr(eventWords[k], string(k)) },
		"plain":       plain,
		"teamvalue":   ownerValue,
		"sentence":    sentence,
		"initials":    initials,
		"hue":         func(id int64) int64 { return id % 6 },
		"phone":       phoneText,
		"count":       countText,
		"bytes":       bytesText,
		"excerpt":     excerpt,
		"lower":       strings.ToLower,
		"liquid":      liquidParts,
		"calling":     afterCalling,
		"objection":   objectionLabel,
		"fingerprint": fingerprint,
		"add":         func(a, b int) int { return a + b },
		"change":      sequenceChange,
		"step":        scheduler.Describe,
		"editorWords": editorWords,
		"callMove":    callMove,
		"fieldWord":   fieldWord,
		"rewrite":     rewriteOf,
		"token":       newToken,
	}
}

func wordOr(word, code string) string {
	if word != "" {
		return word
	}
	return sentence(plain(code))
}

// countText is a number that may have stopped at its limit: "1,000+".
func countText(c store.Count) string {
	s := fmt.Sprint(c.N)
	if c.N >= 1000 {
		s = fmt.Sprintf("%d,%03d", c.N/1000, c.N%1000)
	}
	if c.More {
		s += "+"
	}
	return s
}

// bytesText is a file's size as people say it.
func bytesText(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// excerpt is the beginning of a text on one line.
func excerpt(max int, text string) string {
	line := strings.Join(strings.Fields(text), " ")
	r := []rune(line)
	if len(r) <= max {
		return line
	}
	return strings.TrimSpace(string(r[:max])) + "…"
}

// dict gives a component several values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d values, which is not pairs", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		k, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: key %v is no text", pairs[i])
		}
		m[k] = pairs[i+1]
	}
	return m, nil
}

type iconRef struct{ Name, Sprite string }

// fieldView is a form field with its label, hint and error.
type fieldView struct {
	Name, Label, Type, Value, Hint, Err string
	Placeholder, Autocomplete, Extra    string
	Required                            bool
	Rows                                int
	Options                             []option
}

type option struct {
	Value, Label string
	Selected     bool
}

// newField builds a field from the form and pairs of options: type, value,
// hint, placeholder, autocomplete, extra, required, rows, options.
func newField(f form, name, label string, pairs ...any) (fieldView, error) {
	opts, err := dict(pairs...)
	if err != nil {
		return fieldView{}, err
	}
	text := func(key string) string {
		s, _ := opts[key].(string)
		return s
	}
	v := fieldView{Name: name, Label: label, Type: text("type"), Value: text("value"), Hint: text("hint"), Err: f.Err(name),
		Placeholder: text("placeholder"), Autocomplete: text("autocomplete"), Extra: text("extra")}
	if f.Values.Has(name) {
		v.Value = f.Values.Get(name)
	}
	v.Required, _ = opts["required"].(bool)
	v.Rows, _ = opts["rows"].(int)
	if v.Type == "" {
		v.Type = "text"
	}
	if choices, ok := opts["options"].([]option); ok {
		for _, o := range choices {
			o.Selected = o.Value == v.Value
			v.Options = append(v.Options, o)
		}
	}
	return v, nil
}
