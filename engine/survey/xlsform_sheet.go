package survey

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
)

// Sheets are the three sheets of an XLSForm as cells of text; the first row of each
// names the columns. Reading and writing workbooks is the caller's.
type Sheets struct {
	Survey   [][]string
	Choices  [][]string
	Settings [][]string
}

const (
	maxSheetRows = 20_000
	maxSheetCols = 200
)

// sheet is a sheet with its columns sorted out.
type sheet struct {
	name    string
	rows    [][]string
	columns map[string]int            // plain columns
	texts   map[string]map[string]int // translated columns: name → language → index
}

// cell is the address of a cell as spreadsheets write it; row and column count from 0.
func (s *sheet) cell(row, column int) string {
	letters := ""
	for column++; column > 0; column = (column - 1) / 26 {
		letters = string(rune('A'+(column-1)%26)) + letters
	}
	return fmt.Sprintf("%s!%s%d", s.name, letters, row+1)
}

// at is the address of a named column in a row, or of the row where it is missing.
func (s *sheet) at(row int, column string) string {
	if i, ok := s.columns[column]; ok {
		return s.cell(row, i)
	}
	return fmt.Sprintf("%s!%d", s.name, row+1)
}

func (s *sheet) get(row int, column string) string {
	if i, ok := s.columns[column]; ok && i < len(s.rows[row]) {
		return trim(s.rows[row][i])
	}
	return ""
}

func (s *sheet) text(row int, column string) Text {
	var t Text
	for lang, i := range s.texts[column] {
		if i < len(s.rows[row]) {
			if value := trim(s.rows[row][i]); value != "" {
				if t == nil {
					t = Text{}
				}
				t[lang] = value
			}
		}
	}
	return t
}

func (s *sheet) empty(row int) bool {
	for _, c := range s.rows[row] {
		if trim(c) != "" {
			return false
		}
	}
	return true
}

// splitHeader parts "label::English (en)", in older forms "label:english".
func splitHeader(header string) (base, lang string, has bool) {
	if base, lang, has = strings.Cut(header, "::"); !has {
		base, lang, has = strings.Cut(header, ":")
	}
	return strings.ToLower(trim(base)), lang, has
}

// Languages that older forms name without their code.
var namedLanguages = map[string]string{
	"chinese": "zh", "mandarin": "zh", "中文": "zh", "汉语": "zh", "简体中文": "zh", "english": "en", "英文": "en", "英语": "en",
	"mongolian": "mn", "蒙古语": "mn", "tibetan": "bo", "藏语": "bo", "uyghur": "ug", "维吾尔语": "ug", "kazakh": "kk", "哈萨克语": "kk", "korean": "ko", "朝鲜语": "ko",
	"french": "fr", "français": "fr", "spanish": "es", "español": "es", "portuguese": "pt", "português": "pt", "russian": "ru", "arabic": "ar",
	"hindi": "hi", "bengali": "bn", "urdu": "ur", "nepali": "ne", "indonesian": "id", "vietnamese": "vi", "thai": "th", "japanese": "ja", "swahili": "sw", "kiswahili": "sw",
}

// languageOf reads "English (en)", "en", "中文 (zh)" or "english".
func languageOf(s string) (string, bool) {
	s = trim(s)
	if code := namedLanguages[strings.ToLower(s)]; code != "" {
		return code, true
	}
	if i := strings.LastIndexByte(s, '('); i >= 0 && strings.HasSuffix(s, ")") {
		s = trim(s[i+1 : len(s)-1])
	} else if len(s) > 3 && !strings.Contains(s, "-") {
		return "", false // the name of a language, not its code
	}
	_, err := language.Parse(s)
	return s, err == nil && s != ""
}

// What columns of other names mean here.
var columnAliases = map[string]string{
	"list name": "list_name", "value": "name", "relevance": "relevant", "caption": "label",
	"read_only": "readonly", "constraint-msg": "constraint_message", "constraint message": "constraint_message",
}

var translated = map[string]bool{"label": true, "hint": true, "constraint_message": true}

// readSheet sorts out the columns of a sheet; missing is the language of columns that
// name none. Columns that say nothing to a Form are warned of when anything is in them.
func (r *xlsReader) readSheet(name string, rows [][]string, known map[string]bool, missing string) *sheet {
	s := &sheet{name: name, rows: rows, columns: map[string]int{}, texts: map[string]map[string]int{}}
	if len(rows) > maxSheetRows {
		r.fault("rows", fmt.Sprintf("%s!%d", name, maxSheetRows+1), "limit", maxSheetRows)
		s.rows = nil
	}
	if len(s.rows) == 0 {
		return s
	}
	for i, header := range s.rows[0] {
		if i >= maxSheetCols {
			r.fault("columns", s.cell(0, i), "limit", maxSheetCols)
			break
		}
		base, lang, has := splitHeader(header)
		if other := columnAliases[base]; other != "" {
			base = other
		}
		switch {
		case base == "":
		case translated[base]:
			if !has {
				lang = missing
			}
			code, ok := languageOf(lang)
			if !ok {
				r.fault("language", s.cell(0, i), "header", clip(header))
				continue
			}
			if s.texts[base] == nil {
				s.texts[base] = map[string]int{}
			}
			if _, twice := s.texts[base][code]; twice {
				r.fault("column", s.cell(0, i), "header", clip(header))
			}
			s.texts[base][code] = i
			r.language(code)
		case known[base] && !has:
			if _, twice := s.columns[base]; twice {
				r.fault("column", s.cell(0, i), "header", clip(header))
			}
			s.columns[base] = i
		case name == "choices" && !has:
			r.extra[base] = i // a choice_filter may ask for it
		default:
			r.unused(s, i, header)
		}
	}
	return s
}

// unused warns of a column that says nothing to a Form, at the first cell with anything.
func (r *xlsReader) unused(s *sheet, column int, header string) {
	for row := 1; row < len(s.rows); row++ {
		if column < len(s.rows[row]) && trim(s.rows[row][column]) != "" {
			r.warn("ignored", s.cell(row, column), "header", clip(header))
			return
		}
	}
}
