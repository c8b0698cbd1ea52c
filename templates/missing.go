package templates

import (
	"fmt"
	"slices"
	"strings"

	"followup/models"
)

// Needed lists the variables that a step cannot do without: they stand in its
// texts without a fallback, and no condition asks for them first.
func Needed(s models.Step) []string {
	var all []string
	texts := textFields(s)
	for _, v := range s.Variants {
		texts = append(texts, textFields(variantStep(s, v))...)
	}
	for _, t := range texts {
		a := analyse(t.text)
		if len(a.faults) > 0 {
			continue
		}
		for _, e := range a.outputs {
			if len(e.references) == 0 || e.fallback {
				continue
			}
			if r := e.references[0]; !a.tests[r.String()] && !a.tests[r.group] && !slices.Contains(all, r.String()) {
				all = append(all, r.String())
			}
		}
	}
	slices.Sort(all)
	return all
}

// Lacks tells whether the variable has no value in the data.
func Lacks(name string, d Data) bool {
	s := newScope(&d)
	group, field, dotted := strings.Cut(name, ".")
	value, known := variables[name]
	if group == customGroup && dotted {
		value, known = customValue(field), true
	}
	if !known {
		return true
	}
	if present, ok := groups[group]; ok && !present(s) {
		return true
	}
	v := value(s)
	return v == nil || strings.TrimSpace(fmt.Sprint(v)) == ""
}
