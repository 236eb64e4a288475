package web

import _ "embed"

// Tokens is the style sheet that every door begins with: colours, type, space. Doors that
// Vite builds import it; pages rendered on the server take it from here.
//
//go:embed shared/tokens.css
var Tokens string
