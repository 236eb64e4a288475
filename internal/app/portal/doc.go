// Package portal is the citizens' door: what is in force now, in plain words, on pages
// that are whole without scripts, on an old phone, in large type, read aloud or printed.
//
// It knows no module. What it shows it asks for through the narrow interfaces in view.go,
// which internal/app fills. Pages are put together at most once a second for each variant
// that people ask for and then served from memory, so that a whole city can look at once.
//
// It keeps nothing about its readers: one cookie holds how they want to see the pages and,
// if they said so, where they live.
package portal
