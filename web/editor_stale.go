package web

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"followup/models"
)

// partOf is the part of a draft that a form shows: the open step, else the
// sequence itself. The form sends it back, so that what was changed in it can
// be told from what somebody else changed meanwhile.
func partOf(d models.Definition, open string) string {
	var part any
	if st, ok := d.Step(open); ok {
		part = st
	} else {
		d.Steps = nil
		part = d
	}
	b, err := json.Marshal(part)
	if err != nil {
		return ""
	}
	return string(b)
}

// layStep puts what a stale form changed of its step over what somebody else
// made of it. Where they deleted it, it comes back.
func layStep(f *form, d *models.Definition, open string) {
	f.Values.Del("came_back")
	var base models.Step
	known := json.Unmarshal([]byte(f.Values.Get("was")), &base) == nil && base.Key != ""
	i := d.Index(open)
	if i < 0 {
		if !known {
			base = models.Step{Key: open}
		}
		readStep(f, &base)
		base.Key = open
		to := len(d.Steps)
		if to > 0 && d.Steps[to-1].Purpose == models.PurposeGoodbye {
			to--
		}
		d.Steps = slices.Insert(d.Steps, to, base)
		f.Values.Set("came_back", open)
		return
	}
	if !known {
		readStep(f, &d.Steps[i])
		return
	}
	mine := base
	mine.Variants = slices.Clone(base.Variants)
	readStep(f, &mine)
	var both []string
	d.Steps[i], both = laid(base, mine, d.Steps[i])
	f.Values["both"] = both
}

// layHead does the same with the sequence itself.
func layHead(f *form, d *models.Definition) {
	var base models.Definition
	if json.Unmarshal([]byte(f.Values.Get("was")), &base) != nil || base.Key == "" {
		readHead(f, d)
		return
	}
	base.Steps = d.Steps
	mine := base
	readHead(f, &mine)
	var both []string
	*d, both = laid(base, mine, *d)
	f.Values["both"] = both
}

// laid lays what one made of base over what somebody else made of it: what
// only one of them changed is as they left it, what both changed is mine and
// named. Variants are laid over each other one by one.
func laid[T any](base, mine, theirs T) (out T, both []string) {
	b, m, o := reflect.ValueOf(base), reflect.ValueOf(mine), reflect.ValueOf(theirs)
	to := reflect.ValueOf(&out).Elem()
	for i := range b.NumField() {
		was, my, their := b.Field(i).Interface(), m.Field(i).Interface(), o.Field(i).Interface()
		if v, ok := layVariants(was, my, their, &both); ok {
			to.Field(i).Set(reflect.ValueOf(v))
			continue
		}
		switch {
		case reflect.DeepEqual(was, my):
			to.Field(i).Set(o.Field(i))
		default:
			to.Field(i).Set(m.Field(i))
			if !reflect.DeepEqual(was, their) && !reflect.DeepEqual(my, their) {
				name, _, _ := strings.Cut(b.Type().Field(i).Tag.Get("json"), ",")
				if name == "" {
					name = b.Type().Field(i).Name
				}
				both = append(both, fieldWord(name))
			}
		}
	}
	return out, both
}

// layVariants lays variants over each other where all three have the same.
func layVariants(was, my, their any, both *[]string) ([]models.Variant, bool) {
	base, ok := was.([]models.Variant)
	if !ok {
		return nil, false
	}
	mine, theirs := my.([]models.Variant), their.([]models.Variant)
	keys := func(list []models.Variant) (out []string) {
		for _, v := range list {
			out = append(out, v.Key)
		}
		return out
	}
	if len(base) == 0 || !slices.Equal(keys(base), keys(mine)) || !slices.Equal(keys(base), keys(theirs)) {
		return nil, false
	}
	out := make([]models.Variant, len(base))
	for i := range base {
		var clash []string
		out[i], clash = laid(base[i], mine[i], theirs[i])
		for _, name := range clash {
			*both = append(*both, name+" of variant "+base[i].Key)
		}
	}
	return out, true
}
