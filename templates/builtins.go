package templates

import (
	"embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed builtin/*.yaml
var builtinFiles embed.FS

// builtinOrder is the order in which they are offered.
var builtinOrder = []string{"booked-call-back", "seven-touch-follow-up", "commitment-follow-up", "regular-customer"}

var loadBuiltins = sync.OnceValue(func() []Builtin {
	var all []Builtin
	for _, key := range builtinOrder {
		source, err := builtinFiles.ReadFile("builtin/" + key + ".yaml")
		if err != nil {
			panic(fmt.Sprintf("templates: built-in sequence %s: %v", key, err))
		}
		d, err := ParseSequence(source)
		if err != nil {
			panic(fmt.Sprintf("templates: built-in sequence %s: %v", key, err))
		}
		all = append(all, Builtin{Source: string(source), Definition: d})
	}
	return all
})

// Builtins are the built-in sequences, parsed and linted.
func Builtins() []Builtin { return slices.Clone(loadBuiltins()) }
