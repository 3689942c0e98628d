# smap: `make help` explains every target.
SHELL := /bin/bash
PREFIX ?= /usr/local
FUZZ_RUNS ?= 100000
FUZZ_CASES ?= 50000
FUZZ_FILES ?= 20000
KILLS ?= 100
SWIFT ?= swift
BINARY = .build/release/smap
SHARE = $(DESTDIR)$(PREFIX)/share
BASH_COMPLETIONS = $(SHARE)/bash-completion/completions
ZSH_COMPLETIONS = $(SHARE)/zsh/site-functions
FISH_COMPLETIONS = $(SHARE)/fish/vendor_completions.d
DEBIAN_PACKAGES = libopenblas-dev libedit-dev libpng-dev libjpeg-dev libwebp-dev libcairo2 zlib1g-dev \
	libcmark-gfm-dev libcmark-gfm-extensions-dev pkg-config

.DEFAULT_GOAL := help
.PHONY: help tour test fresh build libraries train evidence fuzz kills soak interrupts check-browser sanitize bench install dist deb check-packages check-jupyter check-arm uninstall format lint check-terminals docs course reference grammars clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tour: build ## Install what is missing, build, and run the main job on the shipped data and models.
	$(BINARY) run Examples/tour.smap

test: build lint fresh ## Run every test: units, language, library, command line, examples, documents.
	$(SWIFT) test
	Tests/CommandLine/run.sh $(BINARY)
	scripts/python-tests.sh $(BINARY)

build: libraries ## Build the release binary, .build/release/smap.
	$(SWIFT) build -c release --static-swift-stdlib

libraries: ## Install the C libraries that are missing (Debian, Ubuntu).
	@scripts/install-libraries.sh $(DEBIAN_PACKAGES)

train: build ## Retrain the shipped models (two to three hours on two cores).
	$(BINARY) run Examples/train_tokenizer.smap -- kl
	$(BINARY) run Examples/train_tokenizer.smap -- vq
	$(BINARY) run Examples/train_card.smap
	$(BINARY) run Examples/train_letters.smap -- kl
	$(BINARY) run Examples/train_letters.smap -- vq
	$(BINARY) run Examples/train_letters_card.smap

evidence: build ## Run the experiments of docs/Evidence.md that have no results yet (hours; it may be stopped).
	$(BINARY) run Examples/paper/run.smap -- revision=$$(git describe --always --dirty)
	$(BINARY) run Examples/paper/report.smap

fuzz: build ## Fuzz programs and files, compare tensors with NumPy (FUZZ_RUNS, FUZZ_FILES, FUZZ_CASES).
	Fuzzing/files.py $(BINARY) $(FUZZ_FILES)
	Fuzzing/run.sh $(FUZZ_RUNS)
	Fuzzing/formats.sh $(FUZZ_RUNS)
	SMAP_CASES=$(FUZZ_CASES) scripts/python-tests.sh $(BINARY) Tests/Tensors

kills: build ## Kill trainings at KILLS random moments and check that resuming gives the same bits.
	SMAP_KILLS=$(KILLS) scripts/python-tests.sh $(BINARY) -s Tests/Training

soak: build ## Evaluate a million statements in one session and check that its memory stays constant.
	scripts/soak.sh $(BINARY)

interrupts: build ## Press Ctrl-C a thousand times, in every built-in, and measure the latency.
	Tests/Interrupts/interrupts.py --binary $(BINARY) --output benchmarks/results/interrupts.md

check-browser: build ## Operate a page in Chromium: controls, keyboard, accessibility (needs chromium).
	python3 -m venv .build/browser-venv
	.build/browser-venv/bin/pip install --quiet -r Tests/Notebooks/browser-requirements.txt
	.build/browser-venv/bin/python Tests/Notebooks/browser.py $(BINARY)

sanitize: libraries ## Run the Swift tests under AddressSanitizer and ThreadSanitizer.
	scripts/sanitize.sh

bench: build ## Benchmark models, tensors and the interpreter against their peers.
	benchmarks/run.sh $(BINARY)

install: build ## Install binary, data, models, man pages and completions (PREFIX /usr/local).
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/smap/Examples
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/smap
	cp -R Examples/. $(SHARE)/smap/Examples/
	cp LICENSE NOTICE $(SHARE)/smap/
	$(BINARY) docs --format man --output $(SHARE)/man
	install -d $(BASH_COMPLETIONS) $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS)
	$(BINARY) --generate-completion-script bash > $(BASH_COMPLETIONS)/smap
	$(BINARY) --generate-completion-script zsh > $(ZSH_COMPLETIONS)/_smap
	$(BINARY) --generate-completion-script fish > $(FISH_COMPLETIONS)/smap.fish

# The folders of packages and of what is installed into them.
PACKAGES = out/packages
STAGE = out/stage

dist: build ## Make a tarball that runs on Debian 12, Ubuntu 22.04 and later without Swift.
	@scripts/install-libraries.sh patchelf binutils
	rm -rf $(STAGE)
	$(MAKE) install DESTDIR=$(STAGE) PREFIX=/usr
	scripts/package.sh dist $(STAGE) $(BINARY) $(PACKAGES)

deb: build ## Make a Debian package.
	@scripts/install-libraries.sh dpkg-dev
	rm -rf $(STAGE)
	$(MAKE) install DESTDIR=$(STAGE) PREFIX=/usr
	scripts/package.sh deb $(STAGE) $(BINARY) $(PACKAGES)

check-packages: dist deb ## Install both packages in a fresh Debian and try them (root, network).
	scripts/check-packages.sh $(PACKAGES)/smap-*.tar.gz $(PACKAGES)/smap_*.deb

check-jupyter: build ## Drive the kernel in JupyterLab by a headless browser (downloads both).
	Tests/Jupyter/browser.sh $(BINARY)

check-arm: ## Cross-compile the C sources for aarch64 and run their tests under qemu (correctness only).
	scripts/check-arm.sh

uninstall: ## Remove what `make install` put under PREFIX.
	rm -f $(DESTDIR)$(PREFIX)/bin/smap
	rm -rf $(SHARE)/smap
	rm -f $(SHARE)/man/man1/smap.1 $(SHARE)/man/man7/smap-language.7
	rm -f $(BASH_COMPLETIONS)/smap $(ZSH_COMPLETIONS)/_smap $(FISH_COMPLETIONS)/smap.fish

format: ## Format all Swift sources.
	$(SWIFT) format -i -r Sources Tests Package.swift

lint: ## Check the format without changing anything.
	scripts/lint.sh $(SWIFT)

fresh: build ## Check that generated files are what the tables give.
	$(BINARY) docs --check docs/Reference.md
	$(BINARY) grammars --check

course: build ## Build the pages of the course, out/course/*.html.
	mkdir -p out/course
	for page in Examples/course/[1-9]_*.smap; do \
	  $(BINARY) notebook $$page --to html --output out/course/$$(basename $$page .smap).html || exit 1; \
	done

check-terminals: build ## Show pictures in xterm, tmux and sixel2png under Xvfb (installs them; look at out/terminals).
	scripts/check-terminals.sh $(BINARY)

docs: build reference ## Write the reference manual and the pictures of the README.
	$(BINARY) run Examples/tour.smap
	scripts/update-images.sh

reference: build ## Write the reference manual, docs/Reference.md.
	$(BINARY) docs --output docs

grammars: build ## Write the word lists of the editors' grammars.
	$(BINARY) grammars

clean: ## Remove build products and pictures.
	rm -rf .build out
