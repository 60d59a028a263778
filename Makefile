# One command for each thing: `make help` lists them. Compiled dependencies are shared by all checkouts of one user,
# so the second checkout builds in a fraction of the time; the program itself always ends up in target/release/siyu.

CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/siyu/target
export CARGO_TARGET_DIR := $(abspath $(CARGO_TARGET_DIR))

DATA ?= ./data/demo
LISTEN ?= 127.0.0.1:8080
SIYU := target/release/siyu

CONSOLE_SOURCES := $(shell find console -type f -not -path '*/node_modules/*' -not -path '*/.*' -not -path 'console/dist/*' \
	-not -path '*/e2e/*' -not -path '*/test-results/*' -not -path '*/playwright-report/*' 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build console run test bench lint contract

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep -E '^[a-z]+:.*##' Makefile
	@echo "  DATA=$(DATA)  LISTEN=$(LISTEN)  CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)"

build: console ## the console and the program: target/release/siyu
	@scripts/need.sh rust
	@echo "== building the program (first time: several minutes; compiled parts are kept in $(CARGO_TARGET_DIR))"
	@cargo build --release -p siyu-siyu
	@mkdir -p $(dir $(SIYU))
	@# A copy under a new name, then a rename: a running program keeps its own file.
	@cmp -s $(CARGO_TARGET_DIR)/release/siyu $(SIYU) || \
		{ cp $(CARGO_TARGET_DIR)/release/siyu $(SIYU).new && mv -f $(SIYU).new $(SIYU); }
	@echo "== built $(SIYU)"

console: console/dist/index.html

console/dist/index.html: $(CONSOLE_SOURCES)
	@scripts/console.sh build
	@touch $@

run: build ## start the demo brand (DATA=folder, LISTEN=address:port)
	@exec $(SIYU) demo --data $(DATA) --listen $(LISTEN)

test: ## everything: lint, Rust tests on both engines, console, SDKs, browser
	@scripts/test.sh

lint: console ## formatting, clippy, console types, licences and advisories
	@scripts/lint.sh

contract: ## rewrite console/openapi.json after a change of the API, and the console's types from it
	@SIYU_BLESS=1 cargo test -q -p siyu-api --test http the_console_is_built_from_this_document
	@scripts/console.sh gen:api

bench: build ## our benchmarks, then the same work on the peers
	@scripts/bench.sh
