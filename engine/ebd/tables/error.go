package tables

import "fmt"

// Error says what in a table cannot be written or read, and where.
type Error struct {
	Table string `json:"table"` // "index", "content", "certificates", "configuration"
	Place string `json:"place"` // as "messages[2].resources[0]"; empty for the whole
	Text  string `json:"text"`
}

func (e *Error) Error() string {
	if e.Place == "" {
		return "ebd tables: " + e.Table + ": " + e.Text
	}
	return "ebd tables: " + e.Table + ": " + e.Place + ": " + e.Text
}

// Warning is a deviation from the standard in a table that was read.
type Warning = Error

// place joins the parts of a path.
func place(outer, inner string) string {
	switch {
	case outer == "":
		return inner
	case inner == "" || inner[0] == '[':
		return outer + inner
	}
	return outer + "." + inner
}

func nth(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }
