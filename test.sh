#!/bin/sh
# Everything that make test runs, in the order in which a mistake shows soonest.
set -eu
cd "$(dirname "$0")"

echo "== form"
unformatted=$(gofmt -l $(git ls-files -co --exclude-standard '*.go'))
[ -z "$unformatted" ] || { echo "not gofmt'ed: $unformatted" >&2; exit 1; }
go vet ./...

echo "== web"
(cd web && npm run --silent typecheck && npx tsc -p portal && npm test --silent)
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
(cd web && npx openapi-typescript ../docs/openapi.json -o "$fresh" >/dev/null 2>&1)
cmp -s "$fresh" web/shared/api/schema.d.ts || { echo "web/shared/api/schema.d.ts is not made from docs/openapi.json: run make generate" >&2; exit 1; }

echo "== go"
# One throwaway PostgreSQL serves every package of the run.
go run ./internal/platform/store/storetest/withpostgres go test ./... "$@"

echo "== browser"
(cd web && npm run --silent test:browser)
