package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// load reads rows as Find does, several times faster: the engine reads some
// twenty rows a message, and gorm's own scanning took half of its time.
// Columns that T does not have are an error.
func load[T any](q *gorm.DB) ([]T, error) {
	rows, err := q.Model(new(T)).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	layout, err := layoutOf[T](q, columns)
	if err != nil {
		return nil, err
	}
	cells := make([]cell, len(layout))
	dests := make([]any, len(layout))
	for i := range cells {
		dests[i] = &cells[i]
	}
	var all []T
	for rows.Next() {
		if err := rows.Scan(dests...); err != nil {
			return nil, err
		}
		var row T
		v := reflect.ValueOf(&row).Elem()
		for i, column := range layout {
			if cells[i].value == nil {
				continue
			}
			if err := column.set(v.FieldByIndex(column.field), cells[i].value); err != nil {
				return nil, fmt.Errorf("column %s: %w", columns[i], err)
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// cell takes what the driver gives, as it is.
type cell struct{ value any }

// Scan implements sql.Scanner. What is lent only until the next row is copied.
func (c *cell) Scan(v any) error {
	if b, lent := v.([]byte); lent {
		v = append([]byte(nil), b...)
	}
	c.value = v
	return nil
}

// column says where one column of a result goes.
type column struct {
	field []int
	set   func(to reflect.Value, from any) error
}

// layouts by type and columns.
var layouts sync.Map

type layoutKey struct {
	of      reflect.Type
	columns string
}

func layoutOf[T any](q *gorm.DB, names []string) ([]column, error) {
	of := reflect.TypeFor[T]()
	key := layoutKey{of, strings.Join(names, ",")}
	if known, ok := layouts.Load(key); ok {
		return known.([]column), nil
	}
	s, err := schema.Parse(new(T), &schemas, q.NamingStrategy)
	if err != nil {
		return nil, err
	}
	layout := make([]column, len(names))
	for i, name := range names {
		f, ok := s.FieldsByDBName[name]
		if !ok {
			return nil, fmt.Errorf("%s has no field for the column %s", of, name)
		}
		layout[i] = column{field: f.StructField.Index, set: setter(f)}
	}
	layouts.Store(key, layout)
	return layout, nil
}

var schemas sync.Map

var (
	scannerType = reflect.TypeFor[sql.Scanner]()
	timeType    = reflect.TypeFor[time.Time]()
)

// setter knows how a value of the drivers' kinds gets into the field.
func setter(f *schema.Field) func(reflect.Value, any) error {
	if _, ok := f.TagSettings["SERIALIZER"]; ok {
		return setJSON
	}
	return setterOf(f.FieldType)
}

func setterOf(t reflect.Type) func(reflect.Value, any) error {
	if reflect.PointerTo(t).Implements(scannerType) {
		return func(to reflect.Value, from any) error { return to.Addr().Interface().(sql.Scanner).Scan(from) }
	}
	if t == timeType {
		return setTime
	}
	switch t.Kind() {
	case reflect.Pointer:
		inner := setterOf(t.Elem())
		return func(to reflect.Value, from any) error {
			to.Set(reflect.New(t.Elem()))
			return inner(to.Elem(), from)
		}
	case reflect.String:
		return setString
	case reflect.Bool:
		return setBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return setInt
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return setBytes
		}
	}
	return func(reflect.Value, any) error { return fmt.Errorf("nothing can be read into a %s", t) }
}

func setTime(to reflect.Value, from any) error {
	t, ok := from.(time.Time)
	if !ok {
		return unexpected(to, from)
	}
	to.Set(reflect.ValueOf(t.UTC()))
	return nil
}

func setString(to reflect.Value, from any) error {
	switch v := from.(type) {
	case string:
		to.SetString(v)
	case []byte:
		to.SetString(string(v))
	default:
		return unexpected(to, from)
	}
	return nil
}

func setBytes(to reflect.Value, from any) error {
	switch v := from.(type) {
	case []byte:
		to.SetBytes(v)
	case string:
		to.SetBytes([]byte(v))
	default:
		return unexpected(to, from)
	}
	return nil
}

// setBool: SQLite keeps 0 and 1.
func setBool(to reflect.Value, from any) error {
	switch v := from.(type) {
	case bool:
		to.SetBool(v)
	case int64:
		to.SetBool(v != 0)
	default:
		return unexpected(to, from)
	}
	return nil
}

func setInt(to reflect.Value, from any) error {
	v, ok := from.(int64)
	if !ok {
		return unexpected(to, from)
	}
	to.SetInt(v)
	return nil
}

func setJSON(to reflect.Value, from any) error {
	var text []byte
	switch v := from.(type) {
	case []byte:
		text = v
	case string:
		text = []byte(v)
	default:
		return unexpected(to, from)
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, to.Addr().Interface())
}

func unexpected(to reflect.Value, from any) error {
	return fmt.Errorf("a %T does not go into a %s", from, to.Type())
}
