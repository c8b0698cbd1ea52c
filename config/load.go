package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// EnvPrefix of the variables that override the file: FOLLOWUP_ADDR, and with
// two underscores for a level, FOLLOWUP_TWILIO__AUTH_TOKEN.
const EnvPrefix = "FOLLOWUP_"

// Load reads the file at path (an absent one only matters where required is
// set) and the environment over the defaults, and validates the whole. A key
// that nobody knows is refused: a typing mistake must not pass as a default.
func Load(path string, required bool, environ func() []string) (Config, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(Default(), "koanf"), nil); err != nil {
		return Config{}, fmt.Errorf("configuration defaults: %w", err)
	}
	known := k.Keys()
	if err := loadFile(k, path, required); err != nil {
		return Config{}, err
	}
	provider := env.Provider(".", env.Opt{
		Prefix:      EnvPrefix,
		EnvironFunc: environ,
		TransformFunc: func(key, value string) (string, any) {
			key = strings.ToLower(strings.TrimPrefix(key, EnvPrefix))
			if strings.HasPrefix(key, "test_") { // settings of the test suite
				return "", nil
			}
			key = strings.ReplaceAll(key, "__", ".")
			if key == "phone.allow" {
				return key, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
			}
			return key, value
		},
	})
	if err := k.Load(provider, nil); err != nil {
		return Config{}, fmt.Errorf("configuration from the environment: %w", err)
	}
	if err := refuseUnknown(k, known); err != nil {
		return Config{}, err
	}
	var c Config
	if err := k.Unmarshal("", &c); err != nil {
		if path == "" {
			return Config{}, fmt.Errorf("configuration from the environment: %w", err)
		}
		return Config{}, fmt.Errorf("configuration in %s: %w", path, err)
	}
	if err := errors.Join(expandPasswords(&c), c.Validate()); err != nil {
		return Config{}, fmt.Errorf("the configuration is not usable:\n%w", err)
	}
	return c, nil
}

func loadFile(k *koanf.Koanf, path string, required bool) error {
	if path == "" {
		return nil
	}
	err := k.Load(file.Provider(path), yaml.Parser())
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration file %s: %w", path, err)
	}
	return nil
}

func refuseUnknown(k *koanf.Koanf, known []string) error {
	valid := map[string]bool{}
	for _, key := range known {
		valid[key] = true
	}
	// The lists have no keys among the defaults, which are empty.
	for _, list := range []string{"mailboxes", "twilio.numbers", "phone.allow", "texting.rates"} {
		valid[list] = true
	}
	var errs []error
	for _, key := range k.Keys() {
		if !valid[key] {
			errs = append(errs, fmt.Errorf("%s: there is no such setting", key))
		}
	}
	errs = append(errs, unknownInList(k, "mailboxes", Mailbox{})...)
	errs = append(errs, unknownInList(k, "twilio.numbers", Number{})...)
	errs = append(errs, unknownInList(k, "texting.rates", Rate{})...)
	return errors.Join(errs...)
}

// unknownInList looks into a list's entries, which the keys do not reach.
func unknownInList(k *koanf.Koanf, list string, entry any) []error {
	valid := map[string]bool{}
	for f := range reflect.TypeOf(entry).Fields() {
		valid[f.Tag.Get("koanf")] = true
	}
	entries, _ := k.Get(list).([]any) // what is no list is refused by its type
	var errs []error
	for i, e := range entries {
		fields, _ := e.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !valid[name] {
				errs = append(errs, fmt.Errorf("%s[%d].%s: there is no such setting", list, i, name))
			}
		}
	}
	return errs
}

// expandPasswords lets the file name an environment variable in the place of
// a secret: password: ${DANA_PASSWORD}. One that is not set is refused here:
// an empty password would fail much later, at the mail server.
func expandPasswords(c *Config) error {
	var errs []error
	for i := range c.Mailboxes {
		errs = append(errs, expandWhole(&c.Mailboxes[i].Password, fmt.Sprintf("mailboxes[%d].password", i)),
			expandWhole(&c.Mailboxes[i].WebhookSecret, fmt.Sprintf("mailboxes[%d].webhook_secret", i)))
	}
	errs = append(errs, expandWhole(&c.OAuth.Google.ClientSecret, "oauth.google.client_secret"),
		expandWhole(&c.OAuth.Microsoft.ClientSecret, "oauth.microsoft.client_secret"))
	return errors.Join(append(errs, expandWhole(&c.Twilio.AuthToken, "twilio.auth_token"))...)
}

// expandWhole replaces only a value that is one ${NAME} as a whole: a
// password may well contain a dollar sign.
func expandWhole(v *string, key string) error {
	name, ok := strings.CutPrefix(*v, "${")
	name, end := strings.CutSuffix(name, "}")
	if !ok || !end {
		return nil
	}
	value, set := os.LookupEnv(name)
	if !set {
		return fmt.Errorf("%s: the environment has no variable %s", key, name)
	}
	*v = value
	return nil
}
