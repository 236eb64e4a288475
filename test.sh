#!/bin/sh
# Everything that make test runs, in the order in which a mistake shows soonest.
set -eu
cd "$(dirname "$0")"

echo "== form"
unformatted=$(gofmt -l $(git ls-files -co --exclude-standard '*.go'))
[ -z "$unformatted" ] || { echo "not gofmt'ed: $unformatted" >&2; exit 1; }
go vet ./...

echo "== web"
(cd web && npm run --silent typecheck && npm test --silent)

echo "== go"
# One throwaway PostgreSQL serves every package of the run.
go run ./internal/platform/store/storetest/withpostgres go test ./... "$@"

echo "== browser"
(cd web && npm run --silent test:browser)
