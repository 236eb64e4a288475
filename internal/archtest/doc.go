// Package archtest keeps the house in shape. Its tests read the source and fail, with
// the place, when a rule of docs/architecture.md is broken.
package archtest
