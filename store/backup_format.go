package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"followup/models"
)

// A backup is a gzip stream of JSON lines: a header, then for each table a line
// that names it and one array a row, and a last line with the checksum of
// everything before it. It says nothing of the database it came from that
// another dialect could not take: times are UTC, bytes base64, JSON is text.
const (
	backupFormat  = "followup-backup"
	backupVersion = 1
	// maxBackupLine bounds one row; an inbound of the largest size is far below it.
	maxBackupLine = 256 << 20
)

// BackupHeader is the first line of a backup.
type BackupHeader struct {
	Format    string    `json:"format"`
	Version   int       `json:"format_version"`
	Schema    int64     `json:"schema_version"`
	Dialect   Dialect   `json:"dialect"`
	CreatedAt time.Time `json:"created_at"`
	// KeyID names the key that opens the senders' secrets, without telling it.
	KeyID string `json:"key_id"`
}

// backupLine is any other line that is no row.
type backupLine struct {
	Table   string   `json:"table,omitempty"`
	Columns []string `json:"columns,omitempty"`
	NextID  int64    `json:"next_id,omitempty"` // the id after the highest ever given
	End     bool     `json:"end,omitempty"`
	Rows    int64    `json:"rows,omitempty"`
	SHA256  string   `json:"sha256,omitempty"`
}

// damaged is the error of a file that is not what a backup was when it was written.
func damaged(format string, args ...any) error {
	return models.Errorf(models.CodeInvalid, "the backup is damaged or incomplete and was not restored: "+format, args...)
}

// keyID is the same for the same key and tells nothing of it.
func keyID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("followup backup key id"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// backupWriter writes lines.
type backupWriter struct {
	zip  *gzip.Writer
	out  *bufio.Writer
	sum  hash.Hash
	line bytes.Buffer
	enc  *json.Encoder
}

func newBackupWriter(w io.Writer) *backupWriter {
	b := &backupWriter{zip: gzip.NewWriter(w), sum: sha256.New()}
	b.out = bufio.NewWriterSize(b.zip, 64<<10)
	b.enc = json.NewEncoder(&b.line)
	b.enc.SetEscapeHTML(false)
	return b
}

func (b *backupWriter) write(v any) error {
	b.line.Reset()
	if err := b.enc.Encode(v); err != nil {
		return err
	}
	b.sum.Write(b.line.Bytes())
	_, err := b.out.Write(b.line.Bytes())
	return err
}

func (b *backupWriter) finish(rows int64) error {
	sum := hex.EncodeToString(b.sum.Sum(nil))
	if err := b.write(backupLine{End: true, Rows: rows, SHA256: sum}); err != nil {
		return err
	}
	return errors.Join(b.out.Flush(), b.zip.Close())
}

// backupReader reads them.
type backupReader struct {
	zip    *gzip.Reader
	in     *bufio.Reader
	sum    hash.Hash
	header BackupHeader
	next   []byte // a line that was looked at and not taken
	rows   int64
}

func newBackupReader(r io.Reader) (*backupReader, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, models.Errorf(models.CodeInvalid, "this is no backup made by followup backup: %v", err)
	}
	b := &backupReader{zip: zip, in: bufio.NewReaderSize(zip, 256<<10), sum: sha256.New()}
	line, err := b.line()
	if err != nil {
		return nil, err
	}
	b.sum.Write(line)
	if json.Unmarshal(line, &b.header) != nil || b.header.Format != backupFormat {
		return nil, models.Errorf(models.CodeInvalid, "this is no backup made by followup backup")
	}
	if b.header.Version != backupVersion {
		return nil, models.Errorf(models.CodeConflict,
			"the backup has format %d, and this program reads format %d; restore it with the program that wrote it or a newer one", b.header.Version, backupVersion)
	}
	return b, nil
}

func (b *backupReader) line() ([]byte, error) {
	if b.next != nil {
		line := b.next
		b.next = nil
		return line, nil
	}
	var line []byte
	for {
		part, err := b.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(line) < maxBackupLine:
			continue
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, damaged("it ends in the middle")
		}
		return nil, damaged("%v", err)
	}
}

// table goes to the next table; false: the end, and the checksum is right.
func (b *backupReader) table() (t backupLine, more bool, err error) {
	line, err := b.line()
	if err != nil {
		return t, false, err
	}
	if err := json.Unmarshal(line, &t); err != nil {
		return t, false, damaged("a table was expected")
	}
	if !t.End {
		b.sum.Write(line)
		if t.Table == "" || len(t.Columns) == 0 {
			return t, false, damaged("a table was expected")
		}
		return t, true, nil
	}
	if t.SHA256 != hex.EncodeToString(b.sum.Sum(nil)) || t.Rows != b.rows {
		return t, false, damaged("its checksum is wrong")
	}
	// Reading to the end checks gzip's own sum too, and that nothing follows.
	if n, err := io.Copy(io.Discard, b.in); err != nil || n > 0 {
		return t, false, damaged("something follows its end")
	}
	return t, false, nil
}

// row gives the next row of the table; nil: there is none left.
func (b *backupReader) row() ([]any, error) {
	line, err := b.line()
	if err != nil {
		return nil, err
	}
	if len(line) == 0 || line[0] != '[' {
		b.next = line
		return nil, nil
	}
	b.sum.Write(line)
	b.rows++
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var row []any
	if err := dec.Decode(&row); err != nil {
		return nil, damaged("row %d cannot be read", b.rows)
	}
	return row, nil
}

// valueKind is what a column holds, whatever its dialect calls it.
type valueKind string

const (
	kindInt   valueKind = "int"
	kindBool  valueKind = "bool"
	kindText  valueKind = "text"
	kindTime  valueKind = "time"
	kindBytes valueKind = "bytes"
	kindJSON  valueKind = "json"
)

// encodeValue makes what is written of a column's value.
func encodeValue(kind valueKind, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch kind {
	case kindInt:
		if n, ok := v.(int64); ok {
			return n, nil
		}
	case kindBool:
		switch b := v.(type) {
		case bool:
			return b, nil
		case int64:
			return b != 0, nil
		}
	case kindTime:
		switch at := v.(type) {
		case time.Time:
			return at.UTC().Format(time.RFC3339Nano), nil
		}
	case kindBytes:
		switch b := v.(type) {
		case []byte:
			return base64.StdEncoding.EncodeToString(b), nil
		case string:
			return base64.StdEncoding.EncodeToString([]byte(b)), nil
		}
	case kindText, kindJSON:
		s, ok := v.(string)
		if b, isBytes := v.([]byte); isBytes {
			s, ok = string(b), true
		}
		if ok && !utf8.ValidString(s) { // SQLite takes any bytes as text
			return map[string]string{"b64": base64.StdEncoding.EncodeToString([]byte(s))}, nil
		}
		if ok {
			return s, nil
		}
	}
	return nil, fmt.Errorf("a value of type %T in a column of kind %s", v, kind)
}

// decodeValue makes what goes into a column of the kind.
func decodeValue(d Dialect, kind valueKind, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	wrong := damaged("a %T where %s was expected", v, kind)
	switch kind {
	case kindInt:
		n, ok := v.(json.Number)
		if !ok {
			return nil, wrong
		}
		i, err := n.Int64()
		if err != nil || i == math.MinInt64 {
			return nil, wrong
		}
		return i, nil
	case kindBool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case kindTime:
		s, _ := v.(string)
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return nil, wrong
		}
		return at.UTC(), nil
	case kindBytes:
		s, ok := v.(string)
		b, err := base64.StdEncoding.DecodeString(s)
		if !ok || err != nil {
			return nil, wrong
		}
		return b, nil
	case kindText, kindJSON:
		s, ok := v.(string)
		if m, is := v.(map[string]any); is {
			raw, _ := m["b64"].(string)
			b, err := base64.StdEncoding.DecodeString(raw)
			if err != nil {
				return nil, wrong
			}
			s, ok = string(b), true
		}
		if !ok {
			return nil, wrong
		}
		if d == Postgres { // its text is UTF-8 without a zero byte
			s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "")
		}
		return s, nil
	}
	return nil, wrong
}
