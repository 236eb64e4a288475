// Package portal holds what the citizens' pages are made of: templates that the server
// fills in, and the style sheet, script and icon that need no build.
package portal

import "embed"

// Templates are the pages: templates/*.gohtml.
//
//go:embed templates/*.gohtml
var Templates embed.FS

// Static is what pages load: static/*.
//
//go:embed static/portal.css static/portal.js static/push.js static/icon.svg
var Static embed.FS
