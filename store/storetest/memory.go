package storetest

import (
	"os"
	"sync"
	"syscall"
	"testing"
)

// Linux keeps what lies there in memory. Two servers and the databases of
// their tests stay far below the room that is asked for.
const (
	memory     = "/dev/shm"
	memoryRoom = 4 << 30
)

// inMemory is where test databases lie, which nobody needs after a crash:
// there no commit, and no copying of a database, waits for a disk. "": this
// machine has no such place, or too little room in it.
var inMemory = sync.OnceValue(func() string {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || uint64(fs.Bavail)*uint64(fs.Bsize) < memoryRoom {
		return ""
	}
	probe, err := os.MkdirTemp(memory, "followup-probe-")
	if err != nil || os.Remove(probe) != nil {
		return ""
	}
	return memory
})

// tempDir is a folder that ends with the test.
func tempDir(t testing.TB) string {
	t.Helper()
	if inMemory() == "" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(inMemory(), "followup-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the test database: %v", err)
		}
	})
	return dir
}
