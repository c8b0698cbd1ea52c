package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"followup/cmd/followup/populate"
	"followup/store"
)

// What a page may take: the listed views, and filters that people make up.
const (
	pageTarget   = 50 * time.Millisecond
	filterTarget = 500 * time.Millisecond
	pageAsked    = 60 // of each page, after five that warm it up
	pageTouches  = 12 // a person at most; ten on average
)

// pages: the server's time for each page that a rep lives in, over many
// people with a past.
func (b *bench) pages(ctx context.Context) error {
	w, err := b.openWorkspace(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = w.close() }()
	n := b.size(b.prospects)
	if b.filled == "" {
		if err := b.fill(ctx, w.store, n); err != nil {
			return err
		}
	}
	server, err := servePages(w.store, w.service, w.clock)
	if err != nil {
		return err
	}
	defer server.Close()
	for _, who := range []string{populate.Rep, populate.Manager} {
		if err := b.visit(server.URL, who, n); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) fill(ctx context.Context, s *store.Store, n int) error {
	began := time.Now()
	plan := populate.Plan{Prospects: n, Touches: pageTouches, Password: visitPassword, Now: began}
	plan.Progress = func(what string, rows int) {
		fmt.Fprintf(b.out, "  %s %d %s\n", time.Since(began).Round(time.Second), rows, what)
	}
	if err := populate.Fill(ctx, s, plan); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %d people, made in %s\n", n, time.Since(began).Round(time.Second))
	return nil
}

// pageVisit is one page; path gives the address of its k-th call. With a
// listing the addresses are the links on it that the expression finds.
type pageVisit struct {
	name    string
	path    func(k int) string
	target  time.Duration
	listing string
	links   string
}

func pageVisits(people int) []pageVisit {
	var all []pageVisit
	page := func(name, path string) {
		all = append(all, pageVisit{name: name, path: func(int) string { return path }, target: pageTarget})
	}
	nth := func(name, form string, of int) {
		all = append(all, pageVisit{name: name, path: func(k int) string { return fmt.Sprintf(form, 1+(k*7919)%max(of, 1)) }, target: pageTarget})
	}
	linked := func(name, listing, links string) {
		all = append(all, pageVisit{name: name, listing: listing, links: links, target: pageTarget})
	}
	filter := func(name, path string, words ...string) {
		all = append(all, pageVisit{name: name, path: func(k int) string { return path + url.QueryEscape(words[k%len(words)]) }, target: filterTarget})
	}
	counted := func(name string, path func(k int) string) {
		all = append(all, pageVisit{name: name, path: path, target: filterTarget})
	}

	page("Today", "/")
	linked("A task", "/", `/tasks/\d+[^"]*`)
	page("Inbox, mine", "/inbox")
	page("Inbox, everybody's", "/inbox?owner=all")
	page("Inbox, unread", "/inbox?owner=all&show=unread")
	page("Inbox, also unanswered", "/inbox?owner=all&show=all")
	linked("Inbox, its second page", "/inbox?owner=all&show=all", `[^"]*after=[^"]+`)
	page("Needs matching", "/inbox/matching")
	for _, by := range []struct{ words, sort string }{{"newest", ""}, {"by name", "name"}, {"by next step", "next"}, {"by last touch", "last"}} {
		page("Prospects, "+by.words, "/prospects?sort="+by.sort)
		linked("Prospects, "+by.words+", the second page", "/prospects?sort="+by.sort, `[^"]*after=[^"]+`)
	}
	nth("A prospect", "/prospects/%d", people)
	nth("Editing a prospect", "/prospects/%d/edit", people)
	nth("Enrolling a prospect", "/prospects/%d/enroll", people)
	nth("Enrolling a prospect, with every text", "/prospects/%d/enroll?sequence=1", people)
	page("Companies", "/companies")
	linked("Companies, the second page", "/companies", `[^"]*after=[^"]+`)
	nth("A company", "/companies/%d", people/5)
	page("Duplicates", "/duplicates")
	linked("Merging two", "/duplicates", `/duplicates/merge[^"]*`)
	page("Promises", "/commitments")
	page("Promises, everybody's", "/commitments?owner=all")
	page("Enroll many", "/enroll")
	page("Import", "/imports")
	page("Sequences", "/sequences")
	page("Library", "/library")
	page("Accounts", "/accounts")
	page("Scheduler", "/scheduler")
	page("Needs attention", "/attention")
	page("Audit trail", "/audit")
	page("Team", "/team")
	filter("Search by name", "/prospects?q=", "dana", "zoe", "okafor", "priya nair", "felix roth")
	counted("Search by number", func(k int) string { return fmt.Sprintf("/prospects?q=%03d+555+%04d", 201+(k*31)%700, k) })
	counted("Search by address", func(k int) string { return fmt.Sprintf("/prospects?q=c%d.example.com", 1+k*13) })
	filter("Search by nothing there", "/prospects?q=", "xylophone", "dana xylophone", "999 999 9999")
	filter("Filter by state", "/prospects?state=", "waiting", "in_sequence", "paused", "idle", "suppressed")
	filter("Filter by next step", "/prospects?next=", "none", "late", "day", "week")
	filter("Filter by owner, state and name", "/prospects?owner=4&state=idle&sort=name&q=", "", "dana", "berg")
	filter("Filter by a field", "/prospects?q=", "industry=foods", "size=large", "industry=press size=small")
	return all
}

// visit opens each page as a signed-in browser does, and keeps what the
// server took.
func (b *bench) visit(base, email string, people int) error {
	browser, err := signIn(base, email)
	if err != nil {
		return err
	}
	for _, v := range pageVisits(people) {
		err := b.visitPage(browser, v, fmt.Sprintf("%s, as %s, %d people", v.name, email, people))
		if errors.Is(err, errForbidden) {
			continue // not a page of this role
		}
		if err != nil {
			return err
		}
	}
	return b.askFilters(browser, email, people)
}

func (b *bench) visitPage(browser visitor, v pageVisit, what string) error {
	if v.listing != "" {
		found, err := browser.links(v.listing, v.links)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			fmt.Fprintf(b.out, "  %s: nothing to open\n", what)
			return nil
		}
		v.path = func(k int) string { return found[k%len(found)] }
	}
	var took []time.Duration
	slowest, worst := time.Duration(0), ""
	for k := range 5 + max(int(pageAsked*b.scale), 3) {
		path := v.path(k)
		_, d, err := browser.open(path)
		if err != nil {
			return err
		}
		if k < 5 {
			continue
		}
		if took = append(took, d); d > slowest {
			slowest, worst = d, path
		}
	}
	p50, p95 := quantile(took, 0.5), quantile(took, 0.95)
	b.found(figure{What: what, Measured: fmt.Sprintf("p50 %.1f ms, p95 %.1f ms", ms(p50), ms(p95)), Target: fmt.Sprintf("p95 under %.0f ms", ms(v.target)), Met: p95 < v.target})
	if p95 >= v.target {
		fmt.Fprintf(b.out, "    the slowest: %s\n", worst)
	}
	return nil
}
