# Every target with its meaning: make help

SHELL     := /bin/bash
GO        ?= go
PATTERN   ?=
NGINX     ?= nginx
DRIVER    ?= auto
DIR       ?=
LSM       ?= apparmor
SUITES    ?= bullseye bookworm trixie forky
N         ?= 20
LOAD      ?= 0
FUZZTIME  ?= 30s
BENCH     ?= .
TESTFLAGS ?=

# SA5001 wants Close deferred only behind the error check. Here constructors
# return the half-made thing with the error, and Close is safe on nil.
CHECKS := inherit,-SA5001

comma := ,
space := $(subst ,, )

.DEFAULT_GOAL := help
.PHONY: run build test lint fuzz bench suites soak corpus machine clean help

run: ## install what is missing, build, play the catalogue and print its table (PATTERN='upstream/*' NGINX=debian:forky)
	.ci/need go nginx uidmap
	$(MAKE) --no-print-directory build
	bin/badgateway run $(if $(PATTERN),'$(PATTERN)') --nginx '$(NGINX)'

build: ## build the static binary bin/badgateway
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/badgateway ./cmd/badgateway

# One package after the other (-p 1): they share the engine and the cores, and
# each runs its own cases in parallel.
test: ## run all tests, scenarios on every driver of this machine
	BADGATEWAY_DRIVER=$${BADGATEWAY_DRIVER:-all} $(GO) test -p 1 -count=1 $(TESTFLAGS) ./...

lint: ## check formatting, go vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck -checks '$(CHECKS)' ./...

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@set -euo pipefail; $(GO) list ./... | while read -r package; do \
		for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; done

bench: ## run the benchmarks, one package after the other (BENCH=Overhead)
	$(GO) test -p 1 -run '^$$' -bench '$(BENCH)' -benchmem ./...

suites: build ## play the catalogue on the nginx of each Debian suite, as a matrix (SUITES='bullseye forky' DRIVER=docker)
	bin/badgateway run $(if $(PATTERN),'$(PATTERN)') --driver '$(DRIVER)' --require --nginx $(subst $(space),$(comma),$(addprefix debian:,$(strip $(SUITES))))

soak: build ## play the catalogue N (20) times in a row and count failures (LOAD=1: with every core busy; NGINX, DRIVER, PATTERN)
	LOAD=$(LOAD) .ci/soak $(N) $(if $(PATTERN),'$(PATTERN)') --driver '$(DRIVER)' --nginx '$(NGINX)'

corpus: build ## run every configuration of a folder without faults and count routes reached (DIR=configs NGINX="debian:forky debian:bookworm")
	NGINX='$(NGINX)' .ci/corpus '$(DIR)'

machine: build ## run the runbook's security commands on a machine that enforces them, emulated, minutes long, not in CI (LSM=apparmor or selinux)
	.ci/machine '$(LSM)'

clean: ## remove what was built
	rm -rf bin

help: ## print this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
