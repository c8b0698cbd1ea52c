package templates

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"followup/models"
)

// Bounds of variants: more than six never get a sample that says anything.
const (
	leastVariants, mostVariants = 2, 6
	maxWeight                   = 1000
)

// variantNode names a field of a variant among a step's.
func variantNode(n int, field string) string { return fmt.Sprintf("variants/%d/%s", n, field) }

// variants reads the wordings of a step that are tried against each other.
func (f *file) variants(i int, n *yaml.Node, where string) []models.Variant {
	if n == nil || !f.plainNode(n, where) || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		f.fail(n, where, "write the variants as a list, each beginning with - key: …")
		return nil
	}
	if len(n.Content) < leastVariants || len(n.Content) > mostVariants {
		f.fail(n, where, "a step has from %d to %d variants, not %d; to end the trial remove variants and keep the winner's text", leastVariants, mostVariants, len(n.Content))
		return nil
	}
	var all []models.Variant
	for k, vn := range n.Content {
		all = append(all, f.readVariant(i, k, vn, fmt.Sprintf("%s %d", where, k+1)))
	}
	return all
}

func (f *file) readVariant(i, k int, n *yaml.Node, where string) models.Variant {
	m := f.mapping(n, where, variantKeys)
	for field, value := range m {
		f.nodes[stepNode(i, variantNode(k, field))] = value
	}
	in := func(field string) string { return where + ", " + field }
	v := models.Variant{
		Key:          f.key(m["key"], n, in("key")),
		Name:         f.str(m["name"], in("name")),
		Weight:       1,
		Subject:      f.str(m["subject"], in("subject")),
		Body:         f.str(m["body"], in("body")),
		TalkingPoint: f.str(m["talking_point"], in("talking_point")),
		Question:     f.str(m["question"], in("question")),
		Answered:     f.str(m["answered"], in("answered")),
		NotAnswered:  f.str(m["not_answered"], in("not_answered")),
	}
	if w, given := f.number(m["weight"], in("weight"), 0, maxWeight); given {
		v.Weight = w
	}
	return v
}

// variantStep is a variant's own texts as a step's, for what is judged alike.
func variantStep(s models.Step, v models.Variant) models.Step {
	return models.Step{Key: s.Key, Channel: s.Channel, Subject: v.Subject, Body: v.Body, TalkingPoint: v.TalkingPoint,
		Question: v.Question, Answered: v.Answered, NotAnswered: v.NotAnswered}
}

// checkVariants finds what is wrong between a step's variants.
func (f *file) checkVariants(i int, s models.Step, where string) {
	seen, total := map[string]bool{}, 0
	for k, v := range s.Variants {
		here := fmt.Sprintf("%s, variants %d", where, k+1)
		if seen[v.Key] && v.Key != "" {
			f.failAt(i, variantNode(k, "key"), here, "another variant of this step is called %s too; results are kept by the key, so each needs its own", v.Key)
		}
		seen[v.Key] = true
		total += v.Weight
		own := variantStep(s, v)
		sh, known := shapes[s.Channel]
		for _, t := range textFields(own) {
			fits := sh.scripts
			switch t.name {
			case "subject":
				fits = sh.subject
			case "body":
				fits = sh.body
			}
			if t.text != "" && known && !fits {
				f.failAt(i, variantNode(k, t.name), here+", "+t.name, "a %s step has no %s; remove it", s.Channel, t.name)
			}
			for _, fault := range analyse(t.text).faults {
				e := *fault
				e.Where = here + ", " + t.name
				e.Line, e.Column = f.place(f.nodes[stepNode(i, variantNode(k, t.name))], fault.Line, fault.Column)
				f.errs = append(f.errs, &e)
			}
		}
	}
	if len(s.Variants) > 0 && total == 0 {
		f.failAt(i, "variants", where+", variants", "every weight is 0, so nobody gets any of them; give at least one a weight, such as 1")
	}
}

func variantYAML(v models.Variant) *yaml.Node {
	m := &yamlMap{}
	m.text("key", v.Key)
	m.text("name", v.Name)
	if v.Weight != 1 {
		m.add("weight", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(v.Weight)})
	}
	for _, t := range textFields(variantStep(models.Step{}, v)) {
		m.text(t.name, t.text)
	}
	return m.node()
}

// variants judges a step as each of its variants words it.
func (l *linter) variants(i int, s models.Step) {
	if len(s.Variants) == 0 {
		l.step(i, s)
		return
	}
	before := len(l.findings)
	for k, v := range s.Variants {
		l.variant, l.variantKey = k+1, v.Key
		l.step(i, s.With(v.Key))
	}
	l.variant, l.variantKey = 0, ""
	// What several inherit from the step is told once.
	told := map[Finding]bool{}
	kept := l.findings[:before]
	for _, f := range l.findings[before:] {
		if !told[f] {
			kept = append(kept, f)
		}
		told[f] = true
	}
	l.findings = kept
}

// nodeOf is where a text of a step stands: in the variant that is judged,
// where it words the field itself, else in the step. It gives the variant's
// key where it does.
func (l *linter) nodeOf(i int, field string) (node, variant string) {
	if l.variant == 0 {
		return stepNode(i, field), ""
	}
	v := l.definition.Steps[i].Variants[l.variant-1]
	for _, t := range textFields(variantStep(models.Step{}, v)) {
		if t.name == field && t.text != "" {
			return stepNode(i, variantNode(l.variant-1, field)), l.variantKey
		}
	}
	return stepNode(i, field), ""
}
