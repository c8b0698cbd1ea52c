package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"followup/models"
	"followup/replies"
)

type inspectMailCmd struct {
	Files []string `arg:"" help:"Messages (RFC 5322), mbox files, or directories of them." placeholder:"FILE"`
}

// Run reads each message through the code that the mailbox listener uses. A
// file that cannot be read has its line, too, with the error in it; it is also
// named on standard error and makes the status 1.
func (cmd inspectMailCmd) Run(term terminal) error {
	files, failed := expand(cmd.Files), false
	out := bufio.NewWriter(term.out)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	// Answers come in the order of the files, whatever is ready first.
	results := make([]chan []replies.Inspection, len(files))
	for i := range results {
		results[i] = make(chan []replies.Inspection, 1)
	}
	now := term.clock()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	go func() {
		for i, f := range files {
			group.Go(func() error {
				results[i] <- f.inspect(now)
				return nil
			})
		}
	}()
	for _, result := range results {
		for _, inspection := range <-result {
			if inspection.Error != "" {
				fmt.Fprintln(term.err, "followup:", inspection.Error)
				failed = true
			}
			if err := enc.Encode(inspection); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if failed {
		return exitCode(1)
	}
	return nil
}

// mailFile is a file under the name by which it was asked for.
type mailFile struct {
	name string
	err  error // it could not even be found
}

// inspect reads one file: a message, or an mbox of them, whose messages are
// named FILE:1, FILE:2 and so on.
func (f mailFile) inspect(now time.Time) []replies.Inspection {
	raw, err := []byte(nil), f.err
	if err == nil {
		raw, err = os.ReadFile(f.name)
	}
	if err != nil {
		return []replies.Inspection{{File: f.name, Class: string(models.ClassOther), Error: err.Error()}}
	}
	var messages [][]byte
	if mayBeMbox(f.name) {
		messages = replies.Mbox(raw)
	}
	if messages == nil {
		return []replies.Inspection{replies.Inspect(f.name, raw, now)}
	}
	list := make([]replies.Inspection, len(messages))
	for i, message := range messages {
		list[i] = replies.Inspect(fmt.Sprintf("%s:%d", f.name, i+1), message, now)
	}
	return list
}

// mayBeMbox: programs call their mailboxes "Inbox", "2026-11.mbox" or, in the
// archives of lists, "2026-November.txt". Any other ending is one message's,
// though it begins with the line of an mbox and holds a second one in its text.
func mayBeMbox(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case "", ".mbox", ".mbx", ".mbs", ".txt":
		return true
	}
	return false
}

// expand lists the files in the order given; a directory stands for every
// file under it, links to files among them.
func expand(names []string) (files []mailFile) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			files = append(files, mailFile{name, err})
			continue
		}
		// WalkDir cleans what it hands out; the name stays as it was given.
		root := strings.TrimSuffix(name, "/")
		_ = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			given := name
			if below, relErr := filepath.Rel(name, path); relErr == nil && below != "." {
				given = root + "/" + filepath.ToSlash(below)
			}
			switch {
			case err != nil: // told in its line; the rest goes on
				files = append(files, mailFile{given, err})
			case d.Type().IsRegular():
				files = append(files, mailFile{name: given})
			case d.Type()&fs.ModeSymlink != 0:
				if target, err := os.Stat(path); err != nil || target.Mode().IsRegular() {
					files = append(files, mailFile{given, err})
				}
			}
			return nil
		})
	}
	return files
}
