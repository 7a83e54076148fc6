# digest: make run, test, lint, bench, torture

GO ?= go
DIRS = cmd internal templates
FUZZTIME ?= 2m

.PHONY: run test lint bench torture fuzz golden tools

run: ## the main job on the built-in sample site; nothing is sent
	$(GO) run ./cmd/digest send --dry-run

test: tools ## all tests; installs what they need (Debian)
	$(GO) test -count=1 ./...

lint:
	@unformatted=$$($(GO) tool gofumpt -l $(DIRS)); \
	if [ -n "$$unformatted" ]; then echo "gofumpt would change: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

bench: tools ## sending beside its peers (DIGEST_BENCH_ROWS, _ROUNDS, _RECIPIENTS), then costs of the rest; nothing is asserted
	$(GO) test -run '^$$' -bench '^BenchmarkDelivery$$' -benchtime 1x -timeout 6h ./cmd/digest
	$(GO) test -run '^$$' -bench . -skip '^BenchmarkDelivery$$' -benchmem -timeout 1h ./...

torture: tools ## kill -9 and SIGTERM at hundreds of random moments, on both engines; what each came to
	DIGEST_TORTURE=1 $(GO) test -count=1 -timeout 2h -v -run '^TestTorture$$' ./cmd/digest

fuzz: ## every fuzz target for FUZZTIME, one after another; commit what it leaves in testdata/fuzz
	@failed=; for package in $$($(GO) list ./...); do \
		listed=$$($(GO) test -list '^Fuzz' $$package) || failed="$$failed $$package"; \
		for target in $$(echo "$$listed" | grep '^Fuzz'); do \
			echo "== $$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package || failed="$$failed $$target"; \
		done; \
	done; \
	if [ -n "$$failed" ]; then echo "found something:$$failed"; exit 1; fi

golden: ## renew the golden mails; look at the difference before you commit it
	$(GO) test ./internal/compose -update

AXE = axe-core@4.14.1
AXE_FOLDER = $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/digest-tools/$(subst @,-,$(AXE))

tools: # PostgreSQL's server for the storage tests, Chromium and axe-core for those of the pages
	@missing=; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium >/dev/null 2>&1 || missing="$$missing chromium"; \
	test -f $(AXE_FOLDER)/node_modules/axe-core/axe.min.js || command -v npm >/dev/null 2>&1 || missing="$$missing npm"; \
	test -z "$$missing" || \
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; }
	@test -f $(AXE_FOLDER)/node_modules/axe-core/axe.min.js || \
	{ mkdir -p $(AXE_FOLDER) && npm install --silent --no-save --ignore-scripts --no-audit --no-fund --prefix $(AXE_FOLDER) $(AXE); }
