package intake_test

import "database/sql"

func scanLine(rows *sql.Rows) (string, error) {
	var place, code string
	err := rows.Scan(&place, &code)
	return place + " " + code, err
}
