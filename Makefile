# smap: `make help` explains every target.
SHELL := /bin/bash
PREFIX ?= /usr/local
SWIFT ?= swift
BINARY = .build/release/smap
DEBIAN_PACKAGES = libopenblas-dev libedit-dev libpng-dev zlib1g-dev pkg-config

.DEFAULT_GOAL := help
.PHONY: help tour test build libraries train bench install uninstall format lint docs grammars clean

help: ## Say what each target does.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tour: build ## Install what is missing, build, and run the main job on the shipped data and models.
	$(BINARY) run Examples/tour.smap

test: build ## Run every test: units, language, library, command line, examples, documents.
	$(SWIFT) test
	Tests/CommandLine/run.sh $(BINARY)
	scripts/python-tests.sh $(BINARY)

build: libraries ## Build the release binary, .build/release/smap.
	$(SWIFT) build -c release

libraries: ## Install the C libraries that are missing (Debian, Ubuntu).
	@scripts/install-libraries.sh $(DEBIAN_PACKAGES)

train: build ## Train the shipped models anew (about an hour on two cores).
	$(BINARY) run Examples/train_tokenizer.smap -- kl
	$(BINARY) run Examples/train_tokenizer.smap -- vq
	$(BINARY) run Examples/train_card.smap

bench: build ## Measure start, tour, training and sampling, beside PyTorch where it is installed.
	benchmarks/run.sh $(BINARY)

install: build ## Install binary, data and models under PREFIX (default /usr/local).
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/smap/Examples
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/smap
	cp -R Examples/. $(DESTDIR)$(PREFIX)/share/smap/Examples/
	cp LICENSE NOTICE $(DESTDIR)$(PREFIX)/share/smap/

uninstall: ## Remove what `make install` put under PREFIX.
	rm -f $(DESTDIR)$(PREFIX)/bin/smap
	rm -rf $(DESTDIR)$(PREFIX)/share/smap

format: ## Format all Swift sources.
	$(SWIFT) format -i -r Sources Tests Package.swift

lint: ## Check the format without changing anything.
	$(SWIFT) format lint -r Sources Tests Package.swift

docs: build ## Write the pictures of the README into docs/images.
	$(BINARY) run Examples/tour.smap
	scripts/update-images.sh

grammars: build ## Write the word lists of the editors' grammars.
	$(BINARY) grammars

clean: ## Remove what was built and drawn.
	rm -rf .build out
