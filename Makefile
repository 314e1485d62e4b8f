# What one can do here. `make help` lists it.
#
# Everything that is needed from Debian is installed by deploy/install-packages.sh, which does
# nothing where it is there already. The lab needs root: builds run as you, what touches the lab
# runs with sudo when you are not root.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

HOST_TRIPLE := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E)
# Cargo runs tests and benches through this (an empty one it does not take).
RUNNER := CARGO_TARGET_$(shell echo $(HOST_TRIPLE) | tr 'a-z-' 'A-Z_')_RUNNER="$(or $(SUDO),env)"
TARGET := $(or $(CARGO_TARGET_DIR),target)
PREFIX ?= /usr/local
LAB ?= on

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: packages
packages: ## Install the Debian packages that are missing
	@deploy/install-packages.sh

.PHONY: build
build: packages ## Build the service and the lab
	cargo build --workspace --bins

.PHONY: demo
demo: build ## Real hosts, small real guests, and the service that keeps them running
	$(SUDO) $(TARGET)/debug/assured-lab run -- $(TARGET)/debug/assured run --config '{config}'

.PHONY: run
run: build ## The service on this machine's own qemu:///system
	$(SUDO) $(TARGET)/debug/assured run --config config/this-machine.toml

.PHONY: test
test: packages $(if $(filter off,$(LAB)),,cargo-deb) ## Every test; LAB=off leaves out what needs real hosts, and says so
ifeq ($(LAB),off)
	@echo '*** LAB=off: the tests on real libvirt and real guests are LEFT OUT ***' >&2
	LAB=off cargo test --workspace --no-fail-fast --exclude assured-lab
	@echo '*** LAB=off: the tests on real libvirt and real guests were LEFT OUT ***' >&2
else
	$(RUNNER) cargo test --workspace --no-fail-fast
endif

.PHONY: record
record: packages ## The record under crashes: killed at every point and moment, copied, opened again
	cargo test --features faults --test record

.PHONY: docs
docs: packages ## Write anew what is made: docs/scenarios.md, configuration.md and cli.md, config/assured.schema.json
	UPDATE_DOCS=1 cargo test --test scenarios the_page
	UPDATE_DOCS=1 cargo test --lib is_up_to_date

.PHONY: lint
lint: packages ## rustfmt, clippy and rustdoc, with warnings as errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --all-targets --features faults -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items

MUTANTS := $(abspath $(or $(MUTANTS_DIR),$(TARGET)/mutants))

.PHONY: mutants
mutants: packages ## Whether a test notices each small change to the policy; takes an hour or more
	@cargo mutants --version >/dev/null 2>&1 || cargo install cargo-mutants --locked
	mkdir -p $(MUTANTS)/tmp
	TMPDIR=$(MUTANTS)/tmp CARGO_TARGET_DIR=$(MUTANTS)/target cargo mutants $(MUTANTS_ARGS)

SEEDS ?= 300
FIRST ?= 10833920

.PHONY: simulate
simulate: packages ## Random worlds with faults inside, in virtual time; SEEDS=1000 FIRST=7 plays others
	SEEDS=$(SEEDS) FIRST=$(FIRST) RUST_BACKTRACE=0 \
	    cargo test --profile simulate --features faults --test simulate -- --nocapture

FUZZ_SECONDS ?= 60

.PHONY: fuzz
fuzz: packages ## What reads input from outside gets random input; FUZZ_SECONDS=60 for each target
	FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run

SCHEMATHESIS_SECONDS ?= 600
SCHEMATHESIS_SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')

.PHONY: schemathesis
schemathesis: packages ## Ten minutes of made-up requests, each answer held against the API's description
	$(RUNNER) SCHEMATHESIS_SECONDS=$(SCHEMATHESIS_SECONDS) SCHEMATHESIS_SEED=$(SCHEMATHESIS_SEED) \
	    cargo test --test openapi nothing_is_answered -- --nocapture

CHAOS_SECONDS ?= 300
CHAOS_SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')

.PHONY: chaos
chaos: packages ## Five minutes of random faults on real hosts; CHAOS_SEED=… CHAOS_SECONDS=… repeats a run
	$(RUNNER) CHAOS_SEED=$(CHAOS_SEED) CHAOS_SECONDS=$(CHAOS_SECONDS) \
	    cargo test --test chaos after_chaos -- --nocapture

SOAK ?= 1h

.PHONY: soak
soak: packages ## Random faults on real hosts for SOAK=1h, and whether memory, threads, files and times stay as they are
	$(RUNNER) cargo bench --bench soak -- $(SOAK)

.PHONY: bench
bench: packages ## Each figure beside its floor, measured in the same run
	$(RUNNER) cargo bench --bench parts
	$(RUNNER) cargo bench --bench storm
	@deploy/install-packages.sh bench
	$(RUNNER) cargo bench --bench load
	$(RUNNER) cargo bench --bench whole

.PHONY: install
install: packages ## Install the program to $(PREFIX)/bin with its manual page, completions, a first configuration, a systemd unit
	cargo build --release --bin assured
	$(SUDO) install -D -m 0755 $(TARGET)/release/assured $(DESTDIR)$(PREFIX)/bin/assured
	$(SUDO) deploy/install-files.sh $(TARGET)/release/assured $(PREFIX) $(DESTDIR)
	$(SUDO) install -D -m 0644 deploy/systemd/assured.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/assured.conf
	sed 's|=/usr/bin/assured|=$(PREFIX)/bin/assured|' deploy/systemd/assured.service | \
	    $(SUDO) install -D -m 0644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/assured.service

.PHONY: cargo-deb
cargo-deb:
	@cargo deb --version >/dev/null 2>&1 || cargo install cargo-deb --locked

.PHONY: deb
deb: packages cargo-deb ## A Debian package, to $(TARGET)/debian
	cargo build --release --bin assured
	rm -rf $(TARGET)/release/package
	deploy/install-files.sh $(TARGET)/release/assured /usr $(abspath $(TARGET))/release/package
	cargo deb --no-build --locked
