package web

import (
	"slices"
	"strings"
	"unicode/utf8"

	"followup/crm"
	"followup/models"
)

// ownField is one of the workspace's own fields in a person's form.
type ownField struct {
	N          int
	Key, Value string
}

const (
	mostOwn      = 40
	longestOwn   = 500
	longestOwnBy = 60 // of its name
)

// putOwn gives a form a person's own fields, by name.
func putOwn(f form, custom map[string]string) {
	keys := make([]string, 0, len(custom))
	for k := range custom {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		f.Values.Add("own_key", k)
		f.Values.Add("own_value", custom[k])
	}
}

// ownRows are the form's own fields and an empty one to add another.
func ownRows(f form) []ownField {
	var rows []ownField
	values := f.Values["own_value"]
	for i, key := range f.Values["own_key"] {
		row := ownField{N: i + 1, Key: key}
		if i < len(values) {
			row.Value = values[i]
		}
		if row.Key != "" || row.Value != "" {
			rows = append(rows, row)
		}
	}
	return append(rows, ownField{N: len(f.Values["own_key"]) + 1})
}

// readOwn reads them: an emptied one goes, a name is written as sequences
// name it.
func readOwn(f form) (map[string]string, error) {
	own := map[string]string{}
	values := f.Values["own_value"]
	for i, name := range f.Values["own_key"] {
		value := ""
		if i < len(values) {
			value = strings.TrimSpace(values[i])
		}
		if name = strings.TrimSpace(name); value == "" {
			continue
		}
		key := strings.TrimPrefix(crm.CustomField(name), "custom.")
		switch _, twice := own[key]; {
		case name == "":
			return nil, models.Invalid("own", "give the field with %q a name", excerpt(40, value))
		case twice:
			return nil, models.Invalid("own", "the field %s is there twice; a person has one value of each", key)
		case utf8.RuneCountInString(key) > longestOwnBy || utf8.RuneCountInString(value) > longestOwn:
			return nil, models.Invalid("own", "%s is too long; a name has at most %d characters, what it holds %d", excerpt(40, name), longestOwnBy, longestOwn)
		}
		own[key] = value
	}
	if len(own) == 0 {
		return nil, nil
	}
	if len(own) > mostOwn {
		return nil, models.Invalid("own", "these are %d fields; a person has at most %d", len(own), mostOwn)
	}
	return own, nil
}
