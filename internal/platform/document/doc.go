// Package document makes the papers people sign, print and pass on, and reads the
// tables they send back. A Report is described once, as facts, text, tables and charts,
// and written as an A4 PDF and as an XLSX workbook:
//
//	r := document.NewReport("暴雨红色预警发布报告", i18n.Chinese, drill)
//	r.Facts(…); r.Chart(…); r.Table(…)
//	r.WritePDF(w); r.WriteXLSX(w)
//
// A report of a drill carries a hatched band on every page and sheet. A character that
// the embedded font lacks is shown as 〓 and counted, never dropped.
//
// ReadTable reads XLSX and CSV files for imports under strict limits.
//
// Faults: document.table_too_large, document.table_too_long, document.table_format,
// document.table_empty, document.column_missing, document.column_twice.
package document
