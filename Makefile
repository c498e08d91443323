# Two targets do all the set-up themselves: `make demo` and `make test`. See CONTRIBUTING.md.
SHELL := /bin/bash
.DEFAULT_GOAL := build
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X github.com/akstools/akstools/internal/cli.version=$(VERSION)
# without VCS stamping, a build of a commit is the same from a clone and from an archive of the sources
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"
PLUGINS := $(notdir $(wildcard cmd/kubectl-*))
FUZZTIME ?= 1m
SCRIPTS := $(shell find internal plugins test -name '*.sh' | sort) .ci/run
# of `make faults` and `make faults-summary`: what to try, and where the records are kept
SEEDS ?= 1 2 3
SLICE ?=
ONLY ?=
# of `make hostile`: by default the commit draws it
SEED ?=
RECORDS ?= faults.jsonl
# of `make e2e`: all tries the slow tests too of which a commit draws a part
TURNS ?=
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)$(shell test -z "$$(git status --porcelain 2>/dev/null)" || echo -dirty)
# the lab needs Linux and root; other machines run what does not need it
LAB := $(shell [ "$$(uname -s)" = Linux ] && [ "$$(id -u)" = 0 ] && echo yes)
E2E = AKSTOOLS_LAB=$(CURDIR) AKSTOOLS_COMMIT=$(COMMIT) AKSTOOLS_TURNS=$(TURNS) go test -count=1 -parallel 4 ./test/e2e
SUMMARY = go run ./test/e2e/summary -file "$(RECORDS)" -commit "$(COMMIT)" -seeds "$(SEEDS)" -slice "$(SLICE)" -only "$$AKSTOOLS_ONLY"

.PHONY: recorder browser profiles golden build test unit e2e demo lab-up lab-down bench faults faults-summary soak fuzz hostile lint generate dist

# what is sent to nodes without tcpdump, and embedded in kubectl-insideout
RECORDERS := $(addprefix internal/capture/recorder/built/,amd64.gz arm64.gz)
recorder: $(RECORDERS) ## the recorder of packets, for each architecture of nodes
internal/capture/recorder/built/%.gz: $(wildcard internal/capture/recorder/*.go) go.mod go.sum
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -trimpath -buildvcs=false -ldflags "-s -w" -o $@.tmp ./internal/capture/recorder
	gzip -9n <$@.tmp >$@ && rm $@.tmp

build: recorder ## put the plugins into bin/
	$(GOBUILD) -o bin/ ./cmd/...
	@for p in $(PLUGINS); do ln -sf $$p bin/kubectl_complete-$${p#kubectl-}; done

bin/lab: $(shell find test/lab -name '*.go' -o -path '*/files/*' -type f -o -path '*/manifests/*' -type f) test/lab/go.sum
	cd test/lab && CGO_ENABLED=0 go build -o ../../bin/lab .

# the real Helm, with which the cases of connectordoctor install a chart; building it takes a few minutes
bin/helm: test/tools/helm/go.sum
	cd test/tools/helm && CGO_ENABLED=0 go build -o ../../../bin/helm helm.sh/helm/v4/cmd/helm

# RACE=-race looks for data races in what the plugins are made of; it needs gcc. It leaves out tests with a clock of their own, in
# which the race detector crashes now and then: https://github.com/golang/go/issues/78156. A helper with a clock bears its test's name.
CLOCKS = $(shell grep -rl --include='*_test.go' testing/synctest internal plugins)
CLOCK_TESTS = (?i)^Test($(shell grep -ho '^func [A-Za-z0-9]*\|synctest\.Test' $(CLOCKS) | grep -B1 '^synctest' | \
	sed -n 's/^func \(Test\)\?//p' | paste -sd'|'))$$
unit: recorder
	go vet ./...
	$(if $(RACE),CGO_ENABLED=1) go test -timeout 20m $(RACE) $(if $(RACE),-skip '$(CLOCK_TESTS)') ./internal/... ./plugins/...
	$(if $(RACE),go test -run '$(CLOCK_TESTS)' $(addprefix ./,$(sort $(dir $(CLOCKS)))))
	$(if $(RACE),go test -timeout 20m -run TestExpensiveBundles ./plugins/...) # the race detector multiplies what is measured
	go test ./cmd/... ./test/...
	cd test/lab && go vet ./... && go test ./...
	cd test/lab/arm && go vet ./... && go test ./...
	cd test/tools/formats && go vet ./... && go test ./...

ifeq ($(LAB),yes)
lab-up: bin/lab ## start the cluster (.lab/kubeconfig)
	bin/lab up --apps
lab-down: bin/lab ## stop it and remove all that it made
	bin/lab down
e2e: build bin/helm lab-up
	$(E2E) -timeout 58m
else
lab-up lab-down e2e:
	@echo "SKIPPED $@: the lab needs Linux and root"
endif

test: unit e2e ## unit, script and policy tests, and the tests on the lab

demo: build lab-up ## run the plugins on the lab
	test/demo/demo.sh

# A run that was killed leaves a fault behind: then the lab is brought up anew.
faults faults-summary: export AKSTOOLS_ONLY = $(value ONLY)
faults: build bin/lab bin/helm ## the corpora of both doctors and the lab's faults, as far as they are not yet right at this commit
	@if [ -e .lab/faults-running ]; then bin/lab down; fi
	@$(MAKE) -s lab-up
	@touch .lab/faults-running; AKSTOOLS_CORPUS=whole AKSTOOLS_SEEDS="$(SEEDS)" AKSTOOLS_SLICE="$(SLICE)" \
	  AKSTOOLS_RECORDS="$(abspath $(RECORDS))" $(E2E) -timeout 8h -v -run '^Test(Faults|Corpus.*|Tunnel(Faults|Healthy|Others)|Azure.*|Reported.*)$$'; \
	status=$$?; rm -f .lab/faults-running; $(SUMMARY); exit $$status

faults-summary: ## what became of them, by doctor; COMMIT=any takes each case's last run of whatever commit
	@$(SUMMARY)

soak: TURNS = all
soak: build lab-up ## many sessions, kills, silence: nothing is left behind
	AKSTOOLS_SOAK=1 $(E2E) -timeout 80m -v -run "TestSoak|TestCopy|TestOpenSSHPrograms"

# slices of aksnode's tests and of both corpora
PROFILED := List SSHCommand RunWithoutTunnel NoPullAndImage CopyFile CopyTree NodeLogs NodeLogsGrep RunOnManyNodes LinuxSSH Terminal \
	TerminalCopy OpenSSHPrograms KilledSSHLeavesNothing SessionsShareAHop Preflight Sharing SignalsCleanUp CorpusFaults TunnelFaults
PROFILES ?= azurelinux readonly
profiles: export AKSTOOLS_ONLY = $(value ONLY)
profiles: TURNS = all
profiles: build bin/lab ## the same on nodes that imitate others than Ubuntu's
	set -e; trap 'bin/lab down' EXIT; for p in $(PROFILES); do \
	  echo "== $$p"; bin/lab up --apps --profile $$p; \
	  AKSTOOLS_CORPUS=whole AKSTOOLS_SEEDS=1 AKSTOOLS_SLICE=1/4 $(E2E) -timeout 60m -v -run '^Test($(shell echo $(PROFILED) | tr ' ' '|'))$$'; \
	done

bench: build lab-up ## latency and throughput against kubectl, and of capturing packets
	go test -count=1 -run '^$$' -bench . -benchtime 1x ./internal/capture
	AKSTOOLS_LAB=$(CURDIR) go test -count=1 -timeout 30m -run '^$$' -bench . -benchtime 10x ./test/e2e

fuzz: ## every fuzz test for FUZZTIME
	@set -e; for f in $$(grep -rl --include='*_test.go' '^func Fuzz' internal plugins); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$f); do \
	    echo "== $$name"; go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$(dirname $$f); \
	  done; done

hostile: export AKSTOOLS_ONLY = $(value ONLY)
hostile: build ## every command against an API server that lies, and mutations of all fixtures: nothing gets through to the user
	AKSTOOLS_HOSTILE=$(CURDIR)/bin AKSTOOLS_COMMIT=$(COMMIT) AKSTOOLS_SEED=$(SEED) go test -count=1 -timeout 10m -v ./test/hostile

# what `make browser` installs with npm; UPDATE=1 rewrites the screenshots and the picture in the README
AXE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/akstools/browser
UPDATE ?=
browser: ## the pages of -o html in Chromium: accessible, nothing overflows, nothing is executed, as on the screenshots
	command -v chromium || { apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core; }
	command -v npm || { apt-get update -q && apt-get install -y -q --no-install-recommends npm; }
	mkdir -p "$(AXE)"
	cmp -s test/browser/package-lock.json "$(AXE)/package-lock.json" || { cp test/browser/package*.json "$(AXE)" && \
	  npm ci --prefix "$(AXE)" --ignore-scripts --no-audit --no-fund || { rm "$(AXE)/package-lock.json"; exit 1; }; }
	cd test/browser && AKSTOOLS_AXE="$(AXE)/node_modules/axe-core/axe.min.js" go test -count=1 -timeout 15m ./... $(if $(UPDATE),-update)

lint: ## needs shellcheck
	shellcheck $(SCRIPTS)
	GOFLAGS= go tool -modfile=test/tools/go.mod shfmt -i 2 -d $(SCRIPTS)
	GOFLAGS= go tool -modfile=test/tools/go.mod golangci-lint run ./...
	cd test/lab && GOFLAGS= go tool -modfile=../tools/go.mod golangci-lint run ./...
	cd test/lab/arm && GOFLAGS= go tool -modfile=../../tools/go.mod golangci-lint run ./...
	cd test/tools/formats && GOFLAGS= go tool -modfile=../go.mod golangci-lint run ./...
	cd test/browser && GOFLAGS= go tool -modfile=../tools/go.mod golangci-lint run ./...

golden: ## the golden texts of reports
	go test ./plugins/insideout/checks ./plugins/insideout/onward ./plugins/insideout/packets \
	  ./plugins/tunneldoctor/checks ./plugins/connectordoctor/checks \
	  ./internal/report/text ./internal/report/sarif ./internal/report/junit ./internal/report/html -run Golden -update

generate: ## the generated documentation
	go test ./test/policy -run TestGenerated -update

dist: ## a snapshot release for all platforms in dist/, installed with krew
	GOFLAGS= go tool -modfile=test/tools/release/go.mod goreleaser check
	GOFLAGS= go tool -modfile=test/tools/release/go.mod goreleaser release --snapshot --clean --skip=publish
	AKSTOOLS_DIST=$(CURDIR)/dist go test -count=1 ./test/release
