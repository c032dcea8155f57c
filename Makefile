# Every target installs what is missing, builds what changed and says nothing about what is in order.
# `make test FILTER=KafkaTests` narrows test, tsan, asan and coverage to suites that match.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

# Without the import check an undeclared import between targets builds silently.
CHECKED := --explicit-target-dependency-import-check error
# No XCTest here; under the address sanitizer its runner does not even start.
TEST := --disable-xctest --parallel $(if $(FILTER),--filter '$(FILTER)')
# The crash handler can hang and hold standard output.
export SWIFT_BACKTRACE := enable=no
# What passed is counted in the last line; what failed, what a test printed and each suite's result stay.
SHOW := sed -u -e '/^\[0\/1\] Planning/d' -e '/^◇ /d' -e '/^↳ Testing Library/d' -e '/^↳ Target Platform/d' \
  -e '/^✔ Test run /b' -e '/^✔ Test .* passed after /d'
# A terminal sees the build's progress, a log does not.
QUIET := $(if $(MAKE_TERMOUT),,--quiet)
# Sanitized and instrumented builds live apart, so that they do not evict the ordinary one.
TSAN := --scratch-path .build/tsan --sanitize thread
# gold warns of every symbol of the address sanitizer's.
ASAN := --scratch-path .build/asan --sanitize address -Xswiftc -use-ld=lld
COVERAGE := --scratch-path .build/coverage --enable-code-coverage
BENCH ?= read-sync kpi
# What `syncline version` says this was built from.
REVISION ?= $(shell git describe --always --dirty --abbrev=12 --match '' 2>/dev/null || echo unknown)
# libFuzzer is part of the toolchain; its program exists in this build only.
FUZZ := --scratch-path .build/fuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
TARGET ?= json
# Not bash's own SECONDS.
SECONDS ?= 60

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: setup
setup: ## Install what is missing with apt, and check the Swift toolchain
	@.ci/setup

.PHONY: build
build: setup ## Build for debugging, with tests
	@swift build $(QUIET) --build-tests $(CHECKED)

.PHONY: lint
lint: setup ## Check the format of all Swift files, and the requirement ids named in tests
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests Migrations
	@.ci/requirements --check

.PHONY: format
format: setup ## Format all Swift files, and wrap long comments
	@.ci/wrap Package.swift Sources Tests Migrations
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Migrations

# One part after the other, each a process of its own: Swift runs all of a process's tests on as many threads as there are
# cores, and pure ones that compute for seconds would keep the answers of servers and brokers waiting.
PARTS := StyleTests|YAMLTests SyncDomainTests SimulationTests|FuzzTests KafkaTests|PostgresTests RuntimeTests|HTTPTests|PEMSTests SyncStoreTests \
  SyncWorkerTests|SyncSchedulerTests
EMPTY :=
REST := $(subst $(EMPTY) $(EMPTY),|,$(strip $(PARTS)))
# Runs them, of the build that $(BUILT) names, and what is in none of them; of FILTER, that alone.
IN_PARTS = for part in $(if $(FILTER),'$(FILTER)',$(foreach part,$(PARTS),'$(part)')); do \
  swift test --skip-build --disable-xctest --parallel $(BUILT) --filter "$$part" 2>&1 | $(SHOW); done; \
  $(if $(FILTER),true,swift test --skip-build --disable-xctest --parallel $(BUILT) --skip '$(REST)' 2>&1 | $(SHOW))

.PHONY: test
test: setup lint build ## Run every test
	@.ci/setup --test
	@$(IN_PARTS)
	@$(if $(FILTER),true,.ci/chart-test)

.PHONY: chart
chart: build ## Write into the chart what the program makes for it: dashboard, alerts, definitions
	@.build/debug/syncline metrics dashboard >Helm/syncline/files/dashboard.json
	@.build/debug/syncline metrics alerts >Helm/syncline/files/alerts.yaml
	@rm -f Helm/syncline/files/jobs/* && cp Jobs/*.yaml Helm/syncline/files/jobs/

.PHONY: chart-test
chart-test: build ## Lint and render the chart, check it against Kubernetes' schemas, try its alerts
	@.ci/chart-test

.PHONY: chaos
chaos: build ## Kill workers and Postgres at 100 random moments of syncs; KILLS=n for another number, SEED=n to replay
	@SYNCLINE_CHAOS_KILLS=$(or $(KILLS),100) $(if $(SEED),SYNCLINE_TEST_SEED=$(SEED)) \
	  swift test --skip-build --disable-xctest --filter SyncWorkerTests.ChaosTests 2>&1 | $(SHOW)

.PHONY: soak
soak: build ## Run workers under load for an hour and watch what grows; DURATION=seconds for another time
	@SYNCLINE_SOAK_SECONDS=$(or $(DURATION),3600) $(if $(SEED),SYNCLINE_TEST_SEED=$(SEED)) \
	  swift test --skip-build --disable-xctest --filter SyncWorkerTests.SoakTests 2>&1 | $(SHOW)

.PHONY: simulate
simulate: build ## Simulate for MINUTES=1 a world, WORLD=name for one of them; SEED=n replays a run and shrinks it
	@SYNCLINE_SIMULATE_SEED=$(SEED) SYNCLINE_SIMULATE_WORLD=$(WORLD) \
	  SYNCLINE_SIMULATE_SECONDS=$$(( $(or $(MINUTES),1) * 60 )) \
	  swift test --skip-build --disable-xctest --filter '^SimulationTests' 2>&1 | $(SHOW)

.PHONY: fuzz
fuzz: setup ## Look for inputs that upset a reader of foreign bytes; TARGET=json SECONDS=60
	@SYNCLINE_FUZZ=1 swift build $(QUIET) --product Fuzz $(FUZZ)
	@mkdir -p .build/fuzz/found/$(TARGET)
	@FUZZ_TARGET=$(TARGET) ASAN_OPTIONS=detect_leaks=0 .build/fuzz/debug/Fuzz -max_total_time=$(SECONDS) -timeout=5 \
	  -artifact_prefix=.build/fuzz/ .build/fuzz/found/$(TARGET) Tests/FuzzTests/Corpus/$(TARGET)

.PHONY: crash-test
crash-test: build ## Kill a worker or scheduler at every named point of its work; POINT=name, SEED=n to replay
	@SYNCLINE_CRASH_POINTS=$(or $(POINT),all) $(if $(SEED),SYNCLINE_TEST_SEED=$(SEED)) \
	  swift test --skip-build --disable-xctest --filter SyncWorkerTests.CrashTests 2>&1 | $(SHOW)

.PHONY: mutation-test
mutation-test: setup ## Plant the defects of Tests/mutants.tsv one by one, and list which test catches each; ONLY=word
	@.ci/mutation-test $(ONLY)

.PHONY: release
release: setup ## Build the one binary, .build/syncline, with the Swift runtime linked in
	@swift build $(QUIET) -c release --static-swift-stdlib --product syncline -Xlinker --strip-debug
	@install -m 755 .build/release/syncline .build/syncline
	@printf '%s' '$(REVISION)' | head -c 63 >.build/revision && truncate -s 64 .build/revision
	@"$$(dirname "$$(readlink -f "$$(command -v swift)")")/llvm-objcopy" \
	  --update-section syncline_revision=.build/revision .build/syncline
	@printf '.build/syncline: %s\n' "$$(du -h --apparent-size .build/syncline | cut -f1)"

.PHONY: demo
demo: release ## Show a sync from end to end on embedded services
	@.build/syncline demo

.PHONY: bench
bench: release ## Measure against the limit beside us; BENCH="read-sync kpi" by default
	@for name in $(BENCH); do .build/syncline bench "$$name"; done

.PHONY: requirements
requirements: ## Print which requirement is proved by which test; ARGS=--missing for the others only
	@.ci/requirements $(ARGS)

.PHONY: tsan
tsan: BUILT := $(TSAN)
tsan: setup ## Run the tests under the thread sanitizer
	@swift build $(QUIET) --build-tests $(TSAN)
	@export TSAN_OPTIONS=halt_on_error=1; $(IN_PARTS)

.PHONY: asan
asan: BUILT := $(ASAN)
asan: setup ## Run the tests under the address sanitizer
	@swift build $(QUIET) --build-tests --disable-xctest $(ASAN)
	@$(IN_PARTS)

.PHONY: coverage
coverage: setup ## Run the tests and print the share of lines they reach, per file
	@swift build $(QUIET) --build-tests $(COVERAGE)
	@swift test --skip-build $(COVERAGE) $(TEST) 2>&1 | $(SHOW)
	@"$$(dirname "$$(readlink -f "$$(command -v swift)")")/llvm-cov" report -use-color=0 \
	  -instr-profile .build/coverage/debug/codecov/default.profdata \
	  -ignore-filename-regex '(^|/)(Tests|\.build)/' .build/coverage/debug/synclinePackageTests.xctest

.PHONY: clean
clean: ## Remove everything built
	@rm -rf .build
