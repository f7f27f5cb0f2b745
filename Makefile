# SPDX-License-Identifier: Apache-2.0
# A thin face: what happens is in tools/ and meson.build. Builds go to build/<kind>.
.DEFAULT_GOAL := help
SEED ?=
SECONDS ?= 60
T ?=

.PHONY: help build run test lint sim fuzz bench hostile format tidy asan tsan e2e clean packages packages-test

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf 'make %-8s %s\n' "$$name" "$$what"; done

packages:
	@tools/install_packages tools/packages.txt

packages-test:
	@tools/install_packages tools/packages.txt tools/packages-test.txt

build: packages ## the release in build/release
	@tools/build release

run: build ## build, then start on ./data (a demo company if empty); Ctrl-C stops it
	@exec tools/run ./data

test: packages-test ## all checks, as CI runs them
	@exec tools/run_tests

lint: packages-test ## format, licences, layers, sizes, headers, the tools' own tests
	@exec tools/run_tests lint

asan: packages-test ## unit tests, simulation and corpora under ASan and UBSan
	@exec tools/run_tests asan

tsan: packages-test ## threaded tests under TSan
	@exec tools/run_tests tsan

e2e: packages-test build ## the daemon with real phones
	@exec tools/run_tests e2e

tidy: packages-test ## clang-tidy
	@tools/build clang && exec tools/run_tidy

sim: packages-test ## simulated calls; SEED=n replays one run
	@tools/build debug tests/sim/sim_walk && tools/run_sim $(SEED)

fuzz: packages-test ## fuzz the parsers; T=name for one, SECONDS=n each
	@tools/build clang && exec tools/run_fuzz --seconds $(SECONDS) $(T)

bench: packages-test ## measure against the budgets
	@exec python3 -B tests/bench/run.py

hostile: packages-test build ## attacks on the real daemon: floods, guessing, strangers, kill -9; minutes
	@tools/build bench tests/hostile/hostile_flood tests/hostile/hostile_spray && exec python3 -B tests/hostile/run.py

format: ## put all C into the house's form
	@find src tests -name '*.[ch]' -print0 | xargs -0 clang-format -i

clean: ## remove what was built (never ./data)
	@rm -rf build
