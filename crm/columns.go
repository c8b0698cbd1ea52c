package crm

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"followup/models"
)

// openCSV finds the separator (comma, semicolon or tab) in the header and
// drops the byte-order mark that spreadsheets write.
func openCSV(r io.Reader) (*csv.Reader, error) {
	br := bufio.NewReaderSize(r, 64*1024)
	head, _ := br.Peek(64 * 1024)
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		if _, err := br.Discard(3); err != nil {
			return nil, fmt.Errorf("reading the file: %w", err)
		}
		head = head[3:]
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, models.Invalid("file", "is empty; it needs a header line such as first_name,last_name,email,phone")
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || bytes.IndexByte(head, 0) >= 0 {
		return nil, models.Invalid("file", "is not a text file in UTF-8; save it as CSV UTF-8")
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	src := csv.NewReader(br)
	src.Comma = separator(first)
	src.FieldsPerRecord = -1
	src.TrimLeadingSpace = true
	src.LazyQuotes = false
	return src, nil
}

func separator(header []byte) rune {
	best, most := ',', 0
	for _, sep := range []rune{',', ';', '\t'} {
		if n := bytes.Count(header, []byte(string(sep))); n > most {
			best, most = sep, n
		}
	}
	return best
}

// columns says which field each column fills.
type columns struct {
	fields []string
	names  []string // as written, for custom fields and messages
}

// fieldWords are the words by which headers name the fields, folded.
var fieldWords = map[string][]string{
	"first_name":     {"vorname", "prénom", "prenom", "nombre", "firstname", "first", "givenname", "forename"},
	"last_name":      {"nachname", "familienname", "nomdefamille", "apellido", "apellidos", "lastname", "last", "surname", "familyname"},
	"name":           {"name", "fullname", "contactname", "contact"},
	"title":          {"title", "jobtitle", "position", "role"},
	"company":        {"firma", "unternehmen", "société", "societe", "entreprise", "empresa", "company", "companyname", "organization", "organisation", "account", "accountname"},
	"domain":         {"domain", "companydomain", "website"},
	"email":          {"emailadresse", "courriel", "correo", "correoelectrónico", "email", "emailaddress", "workemail", "mail"},
	"email_home":     {"homeemail", "personalemail", "email2"},
	"phone":          {"telefon", "téléphone", "teléfono", "telefono", "tel", "phone", "phonenumber", "telephone", "workphone", "businessphone", "officephone"},
	"cell":           {"mobil", "handy", "mobiltelefon", "mobiltel", "portable", "móvil", "movil", "cell", "cellphone", "mobile", "mobilephone", "mobilenumber"},
	"home":           {"home", "homephone"},
	"zone":           {"zeitzone", "zone", "timezone", "tz"},
	"locale":         {"locale", "language"},
	"country":        {"land", "pays", "país", "pais", "country", "countrycode"},
	"region":         {"region", "state", "province", "stateprovince"},
	"owner":          {"owner", "rep", "owneremail", "assignedto"},
	"consent":        {"consent", "consentbasis"},
	"consent_source": {"consentsource"},
	fieldCallAt:      {"calldatetime", "callon", "bookedcall", "appointment", "appointmentat", "termin", "cita"},
	fieldCallDate:    {"appointmentdate"},
	fieldCallTime:    {"appointmenttime"},
	fieldCallZone:    {"calltimezone", "appointmentzone", "appointmenttimezone"},
	"notes":          {"notizen", "bemerkung", "remarques", "notas", "notes", "note", "comment", "comments"},
}

func fold(header string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' || r == '.' || r == '/' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(header)))
}

// callFields are the columns that say when a call is booked.
var callFields = []string{fieldCallAt, fieldCallDate, fieldCallTime, fieldCallZone}

// NamesCalls tells whether a mapping takes booked calls from a file.
func NamesCalls(mapping map[string]string) bool {
	for _, field := range mapping {
		if slices.Contains(callFields, field) {
			return true
		}
	}
	return false
}

// skipField is what a mapping says of a column that is not wanted.
const skipField = "-"

func readHeader(src *csv.Reader, mapping map[string]string) (columns, error) {
	header, err := src.Read()
	if err != nil {
		return columns{}, &models.Error{Code: models.CodeInvalid, Field: "file", Message: "the header line is not readable as CSV; check its quotes", Err: err}
	}
	cols := columns{names: header, fields: make([]string, len(header))}
	used := map[string]string{}
	for i, h := range header {
		field := mapping[strings.TrimSpace(h)]
		if field == "" {
			field = fieldOf(h)
			// A call is booked only where somebody said so of the column.
			if slices.Contains(callFields, field) {
				field = CustomField(h)
			}
		}
		if field == skipField || strings.TrimSpace(h) == "" {
			continue
		}
		if other, twice := used[field]; twice {
			return cols, models.Invalid("file", "the columns %q and %q both fill %s; rename or map one of them", other, h, field)
		}
		used[field] = h
		cols.fields[i] = field
	}
	reach := []string{"email", "email_home", "phone", "cell", "home"}
	if !slices.ContainsFunc(reach, func(f string) bool { _, ok := used[f]; return ok }) {
		return cols, models.Invalid("file", "no column holds an email or a phone (found: %s); name one email or phone, or map it", strings.Join(header, ", "))
	}
	return cols, nil
}

// fieldOf names the field of a header; a header nobody knows is a custom field.
func fieldOf(header string) string {
	f := fold(header)
	for field, words := range fieldWords {
		if f == strings.ReplaceAll(field, "_", "") || slices.Contains(words, f) {
			return field
		}
	}
	name := strings.Join(strings.FieldsFunc(strings.ToLower(header), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	}), "_")
	return "custom." + name
}

func (run *importRun) input(record []string) (ProspectInput, error) {
	in := ProspectInput{
		OwnerID: run.opt.OwnerID, Country: run.opt.Country, Custom: map[string]string{},
		ConsentBasis: run.opt.ConsentBasis, ConsentSource: run.opt.ConsentSource,
	}
	if len(record) > len(run.cols.fields) {
		return in, models.Invalid("row", "has %d cells but the header has %d columns; quote cells that contain the separator", len(record), len(run.cols.fields))
	}
	for i, cell := range record {
		cell = strings.TrimSpace(cell)
		if cell == "" || run.cols.fields[i] == "" {
			continue
		}
		if !utf8.ValidString(cell) {
			return in, models.Invalid(run.cols.names[i], "is not UTF-8 text; save the file as CSV UTF-8")
		}
		if err := run.cell(&in, run.cols.fields[i], cell); err != nil {
			return in, err
		}
	}
	return in, nil
}

func (run *importRun) cell(in *ProspectInput, field, v string) error {
	switch field {
	case "first_name":
		in.FirstName = v
	case "last_name":
		in.LastName = v
	case "name":
		first, last, _ := strings.Cut(v, " ")
		if in.FirstName == "" {
			in.FirstName = first
		}
		if in.LastName == "" {
			in.LastName = strings.TrimSpace(last)
		}
	case "title":
		in.Title = v
	case "company":
		in.Company = v
	case "domain":
		in.Domain = bareDomain(v)
	case "email":
		in.Points = append(in.Points, PointInput{models.ContactEmail, v, models.LabelWork})
	case "email_home":
		in.Points = append(in.Points, PointInput{models.ContactEmail, v, models.LabelHome})
	case "phone":
		in.Points = append(in.Points, PointInput{models.ContactPhone, v, models.LabelWork})
	case "cell":
		in.Points = append(in.Points, PointInput{models.ContactPhone, v, models.LabelCell})
	case "home":
		in.Points = append(in.Points, PointInput{models.ContactPhone, v, models.LabelHome})
	case "zone":
		in.Zone = v
	case "locale":
		in.Locale = v
	case "country":
		in.Country = v
	case "region":
		in.Region = v
	case "notes":
		in.Notes = v
	case fieldCallAt:
		in.call.At = v
	case fieldCallDate:
		in.call.Date = v
	case fieldCallTime:
		in.call.Time = v
	case fieldCallZone:
		in.call.Zone = v
	case "consent_source":
		in.ConsentSource = v
	case "consent":
		basis := models.ConsentBasis(strings.ReplaceAll(strings.ToLower(v), " ", "_"))
		if basis != models.ConsentNone && basis.Level() == 0 {
			return models.Invalid("consent", "%q is no basis; use written, oral, business_relationship, inquiry or none", v)
		}
		in.ConsentBasis = basis
	case "owner":
		id, ok := run.owners[strings.ToLower(v)]
		if !ok {
			return models.Invalid("owner", "%q is no user's address; add the user first or leave the cell empty", v)
		}
		in.OwnerID = id
	default:
		in.Custom[strings.TrimPrefix(field, "custom.")] = v
	}
	return nil
}

func bareDomain(v string) string {
	v = strings.ToLower(v)
	for _, prefix := range []string{"https://", "http://", "www."} {
		v = strings.TrimPrefix(v, prefix)
	}
	v, _, _ = strings.Cut(v, "/")
	return v
}
