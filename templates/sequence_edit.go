package templates

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"followup/models"
)

// ErrUnreadable: the file cannot be edited in parts; its text must be mended first.
var ErrUnreadable = errors.New("the file cannot be read as a sequence; mend it as text first")

// ReadSequence reads as much of a sequence file as can be read, sound or not.
// It reports false where there is no list of steps to work on.
func ReadSequence(source []byte) (models.Definition, bool) {
	f := readFile(source)
	return f.definition, len(f.definition.Steps) > 0
}

// EditSequence rewrites a file so that it says what change makes of its
// definition. Only what differs is written anew: everything else keeps its
// wording, its order and its comments. Steps are told apart by their keys.
func EditSequence(source []byte, change func(*models.Definition)) ([]byte, error) {
	f := readFile(source)
	var doc yaml.Node
	if len(f.definition.Steps) == 0 || yaml.Unmarshal(source, &doc) != nil {
		return nil, ErrUnreadable
	}
	root := doc.Content[0]
	old, want := f.definition, f.definition
	// A copy of its own to the last part: what is changed in place must not
	// change what it is compared with.
	want.OnCall = maps.Clone(want.OnCall)
	want.Steps = slices.Clone(want.Steps)
	for i := range want.Steps {
		want.Steps[i].Variants = slices.Clone(want.Steps[i].Variants)
	}
	change(&want)
	if reflect.DeepEqual(old, want) {
		return source, nil
	}
	merge(root, headYAML(old).node(), headYAML(want).node())
	arrangeSteps(valueOf(root, "steps"), old.Steps, want.Steps)
	out, err := encodeYAML(&doc)
	if err != nil {
		return nil, err
	}
	out = spaceSteps(source, out)
	if got := readFile(out).definition; !reflect.DeepEqual(got.Steps, normal(want).Steps) {
		return FormatSequence(want)
	}
	return out, nil
}

// normal is the definition as a file gives it back.
func normal(d models.Definition) models.Definition {
	out, err := FormatSequence(d)
	if err != nil {
		return d
	}
	return readFile(out).definition
}

// arrangeSteps brings the list into the wanted order and writes what differs.
func arrangeSteps(list *yaml.Node, old, want []models.Step) {
	nodes := map[string]*yaml.Node{}
	before := map[string]models.Step{}
	for i, s := range old {
		if _, twice := nodes[s.Key]; !twice && i < len(list.Content) {
			nodes[s.Key], before[s.Key] = list.Content[i], s
		}
	}
	content := make([]*yaml.Node, 0, len(want))
	for _, s := range want {
		n, ok := nodes[s.Key]
		if !ok || n.Kind != yaml.MappingNode {
			content = append(content, stepYAML(s))
			continue
		}
		delete(nodes, s.Key)
		merge(n, stepYAML(before[s.Key]), stepYAML(s))
		if len(content) > 0 && valueOf(n, "timing") == nil { // only the first step may leave it out
			insertKey(n, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "timing"}, timingYAML(s.Timing))
		}
		content = append(content, n)
	}
	list.Content = content
}

// merge writes into a mapping what differs between what it said and what it
// is to say.
func merge(into, old, want *yaml.Node) {
	for i := 0; i+1 < len(old.Content); i += 2 {
		key := old.Content[i].Value
		if valueOf(want, key) == nil {
			drop(into, key)
		}
	}
	for i := 0; i+1 < len(want.Content); i += 2 {
		key, value := want.Content[i], want.Content[i+1]
		was, has := valueOf(old, key.Value), valueOf(into, key.Value)
		switch {
		case was != nil && sameNode(was, value) && has != nil:
		case was != nil && sameNode(was, value) && has == nil:
			// A default that the file leaves out, and goes on leaving out.
		case has != nil && was != nil && has.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
			merge(has, was, value)
		case has != nil:
			overwrite(has, value)
		default:
			insertKey(into, key, value)
		}
	}
}

// overwrite puts a value in the place of another, whose comments stay.
func overwrite(n, by *yaml.Node) {
	head, line, foot := n.HeadComment, n.LineComment, n.FootComment
	*n = *by
	n.HeadComment, n.LineComment, n.FootComment = head, line, foot
}

// keyOrder is how the parts of a step follow each other; a new one is put in
// its place.
var keyOrder = append(slices.Clone(stepKeys), sequenceKeys...)

func insertKey(into, key, value *yaml.Node) {
	at := len(into.Content)
	rank := slices.Index(keyOrder, key.Value)
	for i := 0; i+1 < len(into.Content); i += 2 {
		if r := slices.Index(keyOrder, into.Content[i].Value); rank >= 0 && r > rank {
			at = i
			break
		}
	}
	if into.Style&yaml.FlowStyle != 0 && (value.Kind == yaml.MappingNode || value.Kind == yaml.SequenceNode) {
		value.Style |= yaml.FlowStyle
	}
	into.Content = slices.Insert(into.Content, at, key, value)
}

func drop(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// sameNode compares what two nodes say.
func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !sameNode(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// spaceSteps puts the empty lines between steps back that the writer of YAML
// does not keep, where the file had them.
func spaceSteps(source, out []byte) []byte {
	if !blankBeforeStep(source) {
		return out
	}
	lines := strings.Split(string(out), "\n")
	spaced := make([]string, 0, len(lines)+16)
	inSteps, first := false, true
	for _, line := range lines {
		if strings.HasPrefix(line, "steps:") {
			inSteps = true
		} else if inSteps && strings.HasPrefix(line, "  - ") {
			if !first {
				at := len(spaced)
				for at > 0 && strings.HasPrefix(spaced[at-1], "  #") {
					at--
				}
				spaced = slices.Insert(spaced, at, "")
			}
			first = false
		}
		spaced = append(spaced, line)
	}
	return []byte(strings.Join(spaced, "\n"))
}

func blankBeforeStep(source []byte) bool {
	blank := false
	for line := range bytes.Lines(source) {
		trimmed := bytes.TrimSpace(line)
		if blank && bytes.HasPrefix(trimmed, []byte("- key:")) {
			return true
		}
		if !bytes.HasPrefix(trimmed, []byte("#")) {
			blank = len(trimmed) == 0
		}
	}
	return false
}
