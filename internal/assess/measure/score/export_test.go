package score_test

import "database/sql"

func scanID(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }
