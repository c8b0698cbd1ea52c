package config

import (
	"encoding/json"
	"reflect"
	"time"
)

// Schema is the configuration file's JSON Schema, for editors that complete and
// check it. config.schema.json is a copy of it.
func Schema() []byte {
	root := schemaOf(reflect.TypeFor[Config]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "followup.yaml"
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // of maps of texts it cannot be
	}
	return append(b, '\n')
}

// narrower are values whose type says too little, by the key they stand under.
var narrower = map[string]map[string]any{
	"level":    {"enum": []string{"debug", "info", "warn", "error"}},
	"format":   {"enum": []string{"text", "json"}},
	"smtp_tls": {"enum": []string{"starttls", "implicit", "none"}},
	"imap_tls": {"enum": []string{"starttls", "implicit", "none"}},
	"country":  {"pattern": countryCode.String()},
	"currency": {"pattern": currencyCode.String()},
	// YAML reads 0.0079 as a number: both are taken.
	"segment": {"type": []string{"string", "number"}, "description": "the price of one segment, at most four decimals"},
}

func schemaOf(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Struct:
		properties := map[string]any{}
		for f := range t.Fields() {
			name := f.Tag.Get("koanf")
			s := schemaOf(f.Type)
			for k, v := range narrower[name] {
				s[k] = v
			}
			properties[name] = s
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Int64:
		if t == reflect.TypeFor[time.Duration]() {
			return map[string]any{"type": "string", "description": "a duration such as 30s"}
		}
	}
	return map[string]any{"type": "string"}
}
