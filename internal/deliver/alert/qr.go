package alert

import "github.com/skip2/go-qrcode"

// qrRows are the rows of a text's QR code, 1 for dark.
func qrRows(text string) ([]string, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, err
	}
	var rows []string
	for _, line := range code.Bitmap() {
		row := make([]byte, len(line))
		for i, dark := range line {
			if row[i] = '0'; dark {
				row[i] = '1'
			}
		}
		rows = append(rows, string(row))
	}
	return rows, nil
}
