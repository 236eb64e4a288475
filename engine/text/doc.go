// Package text groups short free-text answers by topic. It cuts Chinese and English into
// words, keeps the telling ones, and clusters answers by them; people can pin topics by
// keywords, which take precedence.
//
// The dictionary is embedded and unpacked on first use: see sources.md for where it comes
// from. Everything is deterministic for a seed, and nothing leaves the process.
package text
