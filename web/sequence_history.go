package web

import (
	"net/http"
	"strconv"

	"followup/models"
	"followup/scheduler"
	"followup/store"
)

type historyPage struct {
	page
	Key, Name string
	Revision  int64
	Draft     bool
	Versions  []store.VersionRow
	Done      []store.SequenceChange
	From, To  *store.VersionRow // what is compared; nil: nothing is
	Changes   []changeView
}

// sequenceHistory lists the versions, who made each and what it changed.
func (s *site) sequenceHistory(w http.ResponseWriter, r *http.Request) error {
	seq, err := s.Store.SequenceByKey(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	p := historyPage{page: s.page(r, "History of "+seq.Name, "sequences"), Key: seq.Key, Name: seq.Name, Revision: seq.Revision, Draft: seq.DraftSource != ""}
	if p.Versions, err = s.Store.ViewVersions(r.Context(), seq.ID); err != nil {
		return err
	}
	if p.Done, err = s.Store.ViewSequenceChanges(r.Context(), seq.ID, 50); err != nil {
		return err
	}
	p.compare(r.URL.Query().Get("from"), r.URL.Query().Get("to"))
	return s.show(w, "sequence_history", p)
}

// compare lays the two named versions over each other; without names the
// newest and the one before it.
func (p *historyPage) compare(from, to string) {
	if from == "" && to == "" && len(p.Versions) > 1 {
		from, to = numberText(p.Versions[1].Number), numberText(p.Versions[0].Number)
	}
	p.From, p.To = p.version(from), p.version(to)
	if p.From != nil && p.To != nil {
		p.Changes = viewChanges(scheduler.CompareVersions(p.From.Definition, p.To.Definition))
	}
}

func (p *historyPage) version(number string) *store.VersionRow {
	n, err := strconv.Atoi(number)
	for i := range p.Versions {
		if err == nil && p.Versions[i].Number == n {
			return &p.Versions[i]
		}
	}
	return nil
}

// sequenceRestore makes an earlier version the draft.
func (s *site) sequenceRestore(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	number := int(f.int64("number"))
	seq, err := s.CRM.RestoreVersion(r.Context(), userOf(r).ID, r.PathValue("key"), number, f.int64("revision"))
	if err != nil {
		return err
	}
	s.flash(r, "Version "+numberText(number)+" is the draft now. Nobody gets it before it is published.")
	return redirect(w, r, "/sequences/"+seq.Key+"/edit")
}

// sequenceClone copies what runs, or the draft where nothing runs yet.
func (s *site) sequenceClone(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	source := v.Sequence.DraftSource
	if v.Version != nil {
		source = v.Version.Source
	}
	seq, err := s.CRM.CloneSequence(r.Context(), userOf(r).ID, source, f.Get("key"), f.Get("name"))
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "key", "name"); err != nil {
			return err
		}
		return s.renderSequence(w, r, v, status, f)
	}
	s.flash(r, "This is a copy of "+v.Sequence.Name+". Nobody gets it before it is published.")
	return redirect(w, r, "/sequences/"+seq.Key+"/edit")
}

func (s *site) sequenceArchive(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	seq, err := s.CRM.ArchiveSequence(r.Context(), actorOf(r), r.PathValue("key"), f.Get("do") != "open")
	if err != nil {
		return err
	}
	if seq.State == models.SequenceArchived {
		s.flash(r, "Archived. Nobody can be enrolled any more; whoever is inside goes on to the end.")
	} else {
		s.flash(r, "It is open again.")
	}
	return redirect(w, r, "/sequences/"+seq.Key)
}

func (s *site) sequenceShare(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	seq, err := s.CRM.ShareSequence(r.Context(), actorOf(r), r.PathValue("key"), f.ptr("team"))
	if err != nil {
		return err
	}
	s.flash(r, "Saved.")
	return redirect(w, r, "/sequences/"+seq.Key)
}

// winner ends the trial of a step with one click.
func (s *site) sequenceWinner(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.CRM.ChooseWinner(r.Context(), userOf(r).ID, r.PathValue("key"), f.Get("step"), f.Get("variant"), f.Get("inside") == "move")
	if err != nil {
		return err
	}
	done := "Version " + numberText(v.Number) + " is published: everybody new gets the winner."
	if f.Get("inside") == "move" {
		done = "Version " + numberText(v.Number) + " is published: everybody gets the winner, those inside too."
	}
	s.flash(r, done)
	return redirect(w, r, "/sequences/"+r.PathValue("key"))
}
