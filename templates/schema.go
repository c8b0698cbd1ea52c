package templates

import (
	_ "embed"
	"slices"
)

//go:embed sequence.schema.json
var schema []byte

// Schema is the JSON Schema of sequence files.
func Schema() []byte { return slices.Clone(schema) }
