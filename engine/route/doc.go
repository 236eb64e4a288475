// Package route plans who goes where: vehicle routing with time windows, loads in several
// dimensions, skills, priorities, several depots, breaks, jobs fixed by hand, and plans that
// are made anew while vehicles are under way.
//
// A Problem says what there is to do and with what; Solve makes a Plan, Insert goes on from
// one when jobs come in, Move says what it would cost to put one job somewhere else, and
// Evaluate what a plan made by hand comes to. A Plan that Solve or Insert makes keeps every
// rule, but for what vehicles have done and what was pinned to a position that it cannot
// keep; such lateness is told.
//
// The search is a ruin-and-recreate search within a small population, described
// with its sources in docs/route.md: strings of stops are taken out and put back where they
// cost least, jobs that fit nowhere are forced in by putting others out, and plans are
// crossed by their routes. The same problem, seed, number of iterations and of searches give
// the same plan on any machine. The package has no clock: whoever calls says how much of the
// time is spent.
package route
