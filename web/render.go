package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// The directories are named whole, so that the program builds with and
// without static/htmx.min.js, which the Makefile copies in.
//
//go:embed views static
var files embed.FS

// views are the parsed pages, each with the layout and every component.
type views struct {
	pages  map[string]*template.Template
	static map[string]asset // by the name under /static/
}

// asset is a file that browsers get, with the hash that its address carries.
type asset struct {
	content []byte
	packed  []byte // by gzip; nil where that saves nothing
	hash    string
}

// loadViews parses once a process, however many sites it serves. Nobody
// changes the pages.
var loadViews = sync.OnceValues(parseViews)

func parseViews() (*views, error) {
	static, err := staticFiles()
	if err != nil {
		return nil, err
	}
	v := &views{pages: map[string]*template.Template{}, static: static}
	base, err := template.New("layout").Funcs(v.funcs()).ParseFS(files, "views/*.html", "views/components/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout: %w", err)
	}
	pages, err := fs.Glob(files, "views/pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		t, err := template.Must(base.Clone()).ParseFS(files, p)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", p, err)
		}
		v.pages[strings.TrimSuffix(path.Base(p), ".html")] = t
	}
	return v, nil
}

// bundles are written in parts, one an area of the site, and served as one
// file each: what a page loads must not grow in requests with the site.
var bundles = map[string]string{"css": "app.css", "js": "app.js"}

// staticFiles are read and packed once a process, however many sites it
// serves. Nobody changes them.
var staticFiles = sync.OnceValues(readStatic)

// readStatic takes the files under static as they are, and the parts of a
// bundle together in the order of their names.
func readStatic() (map[string]asset, error) {
	all, parts := map[string]asset{}, map[string][]byte{}
	err := fs.WalkDir(files, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		if bundle, ok := bundles[path.Base(path.Dir(p))]; ok {
			parts[bundle] = append(parts[bundle], b...)
			return nil
		}
		all[strings.TrimPrefix(p, "static/")] = newAsset(b)
		return nil
	})
	for name, content := range parts {
		all[name] = newAsset(content)
	}
	return all, err
}

func newAsset(content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{content: content, packed: pack(content), hash: hex.EncodeToString(sum[:4])}
}

// pack compresses once what every browser asks for: style sheets and scripts
// shrink to a quarter, pictures do not.
func pack(content []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one
	_, werr := z.Write(content)
	if err := errors.Join(werr, z.Close()); err != nil || b.Len() > len(content)*9/10 {
		return nil
	}
	return b.Bytes()
}

// asset is a static file's address with its hash; "" where it is not there.
func (v *views) asset(name string) string {
	a, ok := v.static[name]
	if !ok {
		return ""
	}
	return "/static/" + name + "?v=" + a.hash
}

// serveStatic gives out the embedded files. An address with the file's hash
// never changes its content.
func (v *views) serveStatic(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/static/")
	a, ok := v.static[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("v") == a.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	content := a.content
	if a.packed != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
			w.Header().Set("Content-Encoding", "gzip")
			content = a.packed
		}
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// render executes a page whole before anything is written, so that a failing
// template never leaves half a page.
func (v *views) render(w http.ResponseWriter, status int, name string, data any) error {
	return v.write(w, status, name, "layout", data)
}

// fragment renders one named part of a page, for htmx.
func (v *views) fragment(w http.ResponseWriter, name, part string, data any) error {
	return v.write(w, http.StatusOK, name, part, data)
}

func (v *views) write(w http.ResponseWriter, status int, name, part string, data any) error {
	t, ok := v.pages[name]
	if !ok {
		return fmt.Errorf("web: there is no view %s", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, part, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader who left is no failure of the page
	return nil
}
