package templates

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"followup/models"
)

// FormatSequence writes a definition as a sequence file; parsing it again gives the same.
func FormatSequence(d models.Definition) ([]byte, error) {
	m := headYAML(d)
	steps := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range d.Steps {
		steps.Content = append(steps.Content, stepYAML(s))
	}
	m.add("steps", steps)

	out, err := encodeYAML(m.node())
	if err != nil {
		return nil, fmt.Errorf("write sequence %s: %w", d.Key, err)
	}
	return out, nil
}

func encodeYAML(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// headYAML is all but the steps.
func headYAML(d models.Definition) *yamlMap {
	m := &yamlMap{}
	m.text("key", d.Key)
	m.text("name", d.Name)
	m.text("description", d.Description)
	m.text("locale", d.Locale)
	m.text("anchor", string(d.Anchor))
	m.text("default_channel", string(d.DefaultChannel))
	m.add("counts_as_follow_up", boolNode(d.CountsAsFollowUp))
	m.text("on_reply", string(d.OnReply))
	m.text("on_colleague_reply", string(d.OnColleagueReply))
	m.text("on_meeting", string(d.OnMeeting))
	if len(d.OnCall) > 0 {
		oc := &yamlMap{flow: true}
		for _, o := range models.CallOutcomes {
			oc.text(string(o), string(d.OnCall[o]))
		}
		m.add("on_call", oc.node())
	}
	return m
}

func stepYAML(s models.Step) *yaml.Node {
	m := &yamlMap{}
	m.text("key", s.Key)
	m.text("name", s.Name)
	m.text("channel", string(s.Channel))
	if s.Purpose != models.PurposeFollowUp {
		m.text("purpose", string(s.Purpose))
	}
	m.add("timing", timingYAML(s.Timing))
	if s.When.Call != "" {
		w := &yamlMap{flow: true}
		w.text("call", s.When.Call)
		m.add("when", w.node())
	}
	m.text("contact", string(s.Contact))
	for _, t := range textFields(s) {
		m.text(t.name, strings.TrimRight(t.text, "\n"))
	}
	if len(s.Variants) > 0 {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, v := range s.Variants {
			list.Content = append(list.Content, variantYAML(v))
		}
		m.add("variants", list)
	}
	if s.Disabled {
		m.add("disabled", boolNode(true))
	}
	return m.node()
}

func timingYAML(t models.Timing) *yaml.Node {
	rule := &yamlMap{flow: true}
	rule.number("minutes", t.Minutes)
	rule.number("hours", t.Hours)
	rule.text("on", string(t.On))
	rule.text("field", t.Field)
	rule.number("days", t.Days)
	rule.number("business_days", t.BusinessDays)
	if t.At != nil {
		rule.add("at", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: t.At.String()})
	}
	rule.text("cron", t.Cron)
	outer := &yamlMap{flow: true}
	outer.add(string(t.Kind), rule.node())
	return outer.node()
}

// yamlMap is a mapping that leaves out what is empty and keeps its order.
type yamlMap struct {
	flow    bool
	content []*yaml.Node
}

func (m *yamlMap) add(key string, value *yaml.Node) {
	m.content = append(m.content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

func (m *yamlMap) text(key, value string) {
	if value != "" {
		m.add(key, textNode(value))
	}
}

func (m *yamlMap) number(key string, value int) {
	if value != 0 {
		m.add(key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(value)})
	}
}

func (m *yamlMap) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Content: m.content}
	if m.flow {
		n.Style = yaml.FlowStyle
	}
	return n
}

func boolNode(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case !plainLines(s):
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(s, "\n"):
		n.Style = yaml.LiteralStyle
	}
	return n
}

// plainLines tells whether a block can hold the text as it is: white space at
// the ends of lines and rare characters survive only between quotes.
func plainLines(s string) bool {
	if s != strings.TrimLeft(s, " \t\n") {
		return false
	}
	for _, line := range strings.Split(s, "\n") {
		if line != strings.TrimRightFunc(line, unicode.IsSpace) || strings.HasPrefix(line, "\t") {
			return false
		}
	}
	for _, r := range s {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
