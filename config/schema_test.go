package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write config.schema.json anew")

// The schema that is published is that of the configuration as it is.
func TestSchema(t *testing.T) {
	if *update {
		if err := os.WriteFile("config.schema.json", Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, Schema()) {
		t.Error("config.schema.json is not the configuration's: go test ./config -run TestSchema -update")
	}
	var s struct {
		Properties map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(kept, &s); err != nil || s.Properties["texting"].Properties["rates"] == nil || s.Properties[""].Properties != nil {
		t.Errorf("%v: %+v", err, s)
	}
}
