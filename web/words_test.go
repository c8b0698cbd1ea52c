package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"followup/models"
)

// constantsOf reads the constants of a type in models, as they stand in its
// source: a new one is seen without anybody listing it.
func constantsOf(t *testing.T, of string) []string {
	t.Helper()
	paths, err := filepath.Glob("../models/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, spec := range gen.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if !ok || len(v.Values) != 1 {
					continue
				}
				name, ok := v.Type.(*ast.Ident)
				lit, isText := v.Values[0].(*ast.BasicLit)
				if !ok || !isText || name.Name != of {
					continue
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, text)
			}
		}
	}
	return found
}

// The audit page says every kind of event in words.
func TestEveryEventHasWords(t *testing.T) {
	kinds := constantsOf(t, "EventKind")
	if len(kinds) < 40 {
		t.Fatalf("only %d kinds were found", len(kinds))
	}
	for _, k := range kinds {
		if eventWords[models.EventKind(k)] == "" {
			t.Errorf("the event %q has no words in web/words.go", k)
		}
	}
}

func TestEveryPauseHasWords(t *testing.T) {
	for _, r := range constantsOf(t, "PauseReason") {
		if pauseWords[models.PauseReason(r)] == "" {
			t.Errorf("the pause %q has no words in web/words.go", r)
		}
	}
}
