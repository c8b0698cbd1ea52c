package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticksPerSecond of /proc's clocks: USER_HZ is 100 on every Linux.
const ticksPerSecond = 100

// databaseCPU is what the server's processes have used so far, in seconds; 0
// where there is no server of ours.
func (w *work) databaseCPU() float64 {
	if w.server == nil {
		return 0
	}
	content, err := os.ReadFile(filepath.Join(w.server.Dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	postmaster, _, _ := strings.Cut(string(content), "\n")
	total := 0.0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// The second field, the name, may hold spaces; the third follows its bracket.
		_, rest, _ := strings.Cut(string(content), ") ")
		f := strings.Fields(rest)
		if len(f) > 14 && (f[1] == postmaster || filepath.Base(filepath.Dir(path)) == postmaster) {
			own := f[11:13]
			if filepath.Base(filepath.Dir(path)) == postmaster {
				own = f[11:15] // with the children that have ended
			}
			for _, ticks := range own {
				n, _ := strconv.ParseFloat(ticks, 64)
				total += n / ticksPerSecond
			}
		}
	}
	return total
}
