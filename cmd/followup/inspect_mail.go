package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"followup/replies"
)

type inspectMailCmd struct {
	Files []string `arg:"" help:"Messages (RFC 5322), mbox files, or directories of them." placeholder:"FILE"`
}

// Run reads each message through the code that the mailbox listener uses. A
// file that cannot be read is named on standard error and makes the status 1;
// the others are answered all the same.
func (cmd inspectMailCmd) Run(term terminal) error {
	files, failed := expand(term, cmd.Files)
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
		for i, name := range files {
			group.Go(func() error {
				raw, err := os.ReadFile(name)
				if err != nil {
					fmt.Fprintln(term.err, "followup:", err)
					close(results[i])
					return nil
				}
				results[i] <- inspect(name, raw, now)
				return nil
			})
		}
	}()
	for _, result := range results {
		inspections, ok := <-result
		if !ok {
			failed = true
			continue
		}
		for _, inspection := range inspections {
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

// inspect reads one file: a message, or an mbox of them, whose messages are
// named FILE:1, FILE:2 and so on.
func inspect(name string, raw []byte, now time.Time) []replies.Inspection {
	messages := replies.Mbox(raw)
	if messages == nil {
		return []replies.Inspection{replies.Inspect(name, raw, now)}
	}
	list := make([]replies.Inspection, len(messages))
	for i, message := range messages {
		list[i] = replies.Inspect(fmt.Sprintf("%s:%d", name, i+1), message, now)
	}
	return list
}

// expand lists the files in the order given; a directory stands for every
// regular file under it.
func expand(term terminal, names []string) (files []string, failed bool) {
	for _, name := range names {
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Type().IsRegular() || (path == name && !d.IsDir()) {
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			fmt.Fprintln(term.err, "followup:", err)
			failed = true
		}
	}
	return files, failed
}
