# Followup. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
HTMX    := web/static/htmx.min.js
LINT    := bin/golangci-lint
export CGO_ENABLED ?= 0

.PHONY: mail-system schema-fixture help run demo build test check lint unit race storm chaos bench cover fuzz screenshots fmt setup clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(HTMX) ## Build and start on the sandbox at http://127.0.0.1:8080 (data in ./data)
	@go build -ldflags "-X main.version=$(VERSION)" -o bin/followup ./cmd/followup
	@exec bin/followup serve

demo: $(HTMX) ## Two weeks in two minutes on a throw-away database
	@go build -ldflags "-X main.version=$(VERSION)" -o bin/followup ./cmd/followup
	@exec bin/followup demo

build: $(HTMX) ## Build bin/followup
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/followup ./cmd/followup

test: setup $(HTMX) check lint unit race ## Install what is missing and run everything
	@echo "All tests passed."

setup: ## Install what the tests need (PostgreSQL, Chromium, a C compiler for the race detector)
	@.ci/setup

check: $(HTMX) ## gofmt, build and vet
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt-ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go build ./...
	go vet ./...

lint: $(LINT) ## The linter, with the import rules of the design
	$(LINT) run ./...

$(LINT): tools.mod tools.sum
	go build -modfile=tools.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# The packages that take longest come first, so that they do not run alone at
# the end; go test takes each once.
LONGEST := ./web ./store ./cmd/followup/simulate ./cmd/followup

unit: $(HTMX) node_modules ## Every test: units, both databases, channels, end to end, browser
	go test -timeout 20m $(LONGEST) $$(go list ./... | grep -v -e /cmd/chaos)

# It wants the machine for itself, so make test leaves it to this target.
storm: ## A short storm of kills and faults over real processes
	go test -count=1 -timeout 20m ./cmd/chaos

# modernc.org/sqlite is C translated to Go: instrumenting it makes it 20 times
# slower and finds nothing of ours.
race: $(HTMX) ## The engine's tests under the race detector
	CGO_ENABLED=1 go test -race -gcflags='modernc.org/...=-race=false' -timeout 20m \
		./scheduler/... ./store/... ./replies/... ./channels/... ./crm/...

# The engine's promises against real processes; shrink it with CHAOS_TOUCHES,
# CHAOS_KILLS, and CHAOS_FLAGS (bin/chaos -help lists them).
chaos: ## Four replicas, kill -9, freezes, restarts, faults: counted by the providers (15 min)
	@go build -o bin/chaos ./cmd/chaos
	@exec bin/chaos $(if $(CHAOS_TOUCHES),-touches $(CHAOS_TOUCHES)) $(if $(CHAOS_KILLS),-kills $(CHAOS_KILLS)) $(CHAOS_FLAGS)

# Wants the machine for itself. BENCH_FLAGS: bin/bench -help lists them.
bench: ## Speed and memory as ratios in one run, into docs/performance.md (20 min)
	@go build -o bin/bench ./cmd/bench
	bin/bench -o docs/performance.md $(BENCH_FLAGS)
	go test -run '^$$' -bench 'Compose|Render|Inspect' -benchmem ./channels/email ./templates ./replies

fuzz: ## Each fuzz test for FUZZTIME (default 30s)
	@for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-30s} $$pkg; \
		done; \
	done

screenshots: $(HTMX) ## Pictures of the pages into docs/screenshots
	FOLLOWUP_SCREENSHOTS=$(CURDIR)/docs/screenshots go test -count=1 -run '^TestScreenshots$$' -timeout 10m ./cmd/followup

schema-fixture: ## The sample of the present schema into store/testdata; run it when a schema is released
	go test -count=1 -run '^TestMigrateReleased$$' ./store -args -fixtures

cover: $(HTMX) ## Test coverage by package
	go test -timeout 20m -coverprofile=coverage.out ./... && go tool cover -func=coverage.out | tail -1

fmt: ## Format the code
	gofmt -w $$(git ls-files '*.go')

# htmx and the accessibility checker come from npm and are not committed.
# Pages work without htmx, so a machine without npm still runs.
node_modules: package.json
	@npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts && touch $@

$(HTMX): package.json
	@if command -v npm >/dev/null; then \
		$(MAKE) --no-print-directory node_modules && cp node_modules/htmx.org/dist/htmx.min.js $@; \
	else \
		echo "npm is not installed: the pages go without htmx, which only makes them smoother"; \
	fi

mail-system: ## Followup against real Postfix and Dovecot on loopback, as root (docs/mail-system.md)
	go test -tags mailsystem -count=1 -run TestPostfixAndDovecot ./cmd/followup

clean: ## Remove what was built (data stays)
	rm -rf bin node_modules $(HTMX) coverage.out
