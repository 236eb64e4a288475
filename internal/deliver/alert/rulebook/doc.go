// Package rulebook keeps the rules of package rule in the database: seeded from the
// defaults at first start, edited with permission, every earlier version kept.
package rulebook
