package storetest

import (
	"fmt"

	"followup/store/pgserver"
)

// startServer starts a PostgreSQL of the test process's own; it ends with the
// process, however that ends.
func startServer() (*pgserver.Server, error) {
	own, err := pgserver.StartIn(inMemory(), pgserver.Forgetful...)
	if err != nil {
		return nil, fmt.Errorf("%w; or set %s to the address of a running one, or to off to test on SQLite only", err, EnvPostgres)
	}
	return own, nil
}
