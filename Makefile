# Two targets for everybody: make run, make test. Both install what is missing first.
.DEFAULT_GOAL := help
.PHONY: help run test bench lint fuzz deps deps-run deps-test web-deps build generate

GO_SOURCES := $(wildcard $(shell git ls-files -co --exclude-standard '*.go' '*.sql' '*.json' '*.csv' 'go.mod' 'go.sum' 'city/beijing' 'internal/platform/document/font' 2>/dev/null))
WEB_SOURCES := $(wildcard $(shell git ls-files -co --exclude-standard web 2>/dev/null | grep -v '^web/dist/'))
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
RUN_PACKAGES := ffmpeg lame espeak-ng fonts-noto-cjk
TEST_PACKAGES := $(RUN_PACKAGES) postgresql chromium poppler-utils libxml2-utils xmlsec1 curl python3-paho-mqtt
BENCH_PACKAGES := mosquitto libxml2-utils

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: deps-run bin/tongsheng ## Build what is stale and start a whole sample city at http://localhost:8080
	@./bin/tongsheng demo

test: deps-test bin/tongsheng ## Everything CI runs
	@./test.sh

bench: deps-bench bin/tongsheng ## Measure against peers; prints ratios
	@go run ./bench

lint: web-deps ## Style and vulnerabilities beyond what make test checks
	gofmt -l $$(git ls-files '*.go') | (! grep .)
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
	cd web && npm run typecheck && npx tsc -p portal

fuzz: ## Fuzz every parser that meets the network, a minute each
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' engine internal city); do \
	  dir=./$$(dirname $$target); \
	  for f in $$(grep -ohE '^func Fuzz[A-Za-z0-9]+' $$target | cut -c6-); do \
	    echo "== $$dir $$f"; go test $$dir -run '^$$' -fuzz "^$$f\$$" -fuzztime 60s -fuzzminimizetime 100x || exit 1; done; done

build: bin/tongsheng ## The binary only

bin/tongsheng: web/dist/index.stamp $(GO_SOURCES)
	@echo "Building bin/tongsheng …"
	@go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $@ ./cmd/tongsheng

web/dist/index.stamp: web/node_modules/.stamp $(WEB_SOURCES)
	@echo "Building the web pages …"
	@cd web && npm run --silent build
	@touch $@

web-deps: web/node_modules/.stamp
web/node_modules/.stamp: web/package-lock.json
	@echo "Installing the web libraries …"
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

generate: ## Write docs/openapi.json and the TypeScript types made from it
	@go run ./cmd/tongsheng openapi > docs/openapi.json
	@cd web && npm run --silent generate

deps: deps-test ## Install the system packages that running and testing need
deps-run:
	@./deps.sh --run $(RUN_PACKAGES)
deps-test: web-deps
	@./deps.sh $(TEST_PACKAGES)
deps-bench:
	@./deps.sh $(RUN_PACKAGES) $(BENCH_PACKAGES)
