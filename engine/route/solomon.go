package route

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
)

// MaxFile is the largest file that is read, bytes.
const MaxFile = 64 << 20

// Input is a file that was read.
type Input struct {
	Problem *Problem
	Plan    Assignment // to go on from; nil where the file has none
	Solomon bool
}

// Read reads a problem in Solomon's format or in that of docs/route.md, which begins with a
// brace. The name is for messages.
func Read(name string, r io.Reader) (*Input, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxFile {
		return nil, &Error{File: name, Text: "it has over 64 MiB, which is more than is read"}
	}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return readJSON(name, text)
	}
	p, err := readSolomon(name, text)
	if err != nil {
		return nil, err
	}
	return &Input{Problem: p, Solomon: true}, nil
}

// solomon reads the lines of a file that are not blank, one after the other.
type solomon struct {
	file string
	in   *bufio.Scanner
	line int
	text string
}

func (s *solomon) next() bool {
	for s.in.Scan() {
		s.line++
		if s.text = strings.TrimSpace(s.in.Text()); s.text != "" {
			return true
		}
	}
	s.line++
	s.text = ""
	return false
}

func (s *solomon) bad(format string, args ...any) error {
	e := bad("", format, args...)
	e.File, e.Line = s.file, s.line
	return e
}

// heading reads a line of words that must be there.
func (s *solomon) heading(words string) error {
	if !s.next() {
		return s.bad("the file ends where %q should be", words)
	}
	if got := strings.Join(strings.Fields(strings.ToUpper(s.text)), " "); got != words {
		return s.bad("%.40q stands where %q should be", s.text, words)
	}
	return nil
}

// numbers reads a line of so many numbers from 0 on.
func (s *solomon) numbers(names ...string) ([]float64, error) {
	fields := strings.Fields(s.text)
	if len(fields) != len(names) {
		return nil, s.bad("%d numbers, where there are %d: %s", len(fields), len(names), strings.Join(names, ", "))
	}
	row := make([]float64, len(names))
	for i, f := range fields {
		x, err := strconv.ParseFloat(f, 64)
		coordinate := names[i] == "x" || names[i] == "y"
		if err != nil || math.IsNaN(x) || math.Abs(x) > maxNumber || x < 0 && !coordinate {
			return nil, s.bad("%s: %.40q is no number that can stand there", names[i], f)
		}
		row[i] = x
	}
	return row, nil
}

// readSolomon reads the format of M. Solomon's instances and of Gehring and Homberger's.
func readSolomon(file, text string) (*Problem, error) {
	s := &solomon{file: file, in: bufio.NewScanner(strings.NewReader(text))}
	if !s.next() {
		return nil, s.bad("the file is empty")
	}
	for _, words := range []string{"VEHICLE", "NUMBER CAPACITY"} {
		if err := s.heading(words); err != nil {
			return nil, err
		}
	}
	if !s.next() {
		return nil, s.bad("the file ends where number and capacity of vehicles should be")
	}
	fleet, err := s.numbers("number", "capacity")
	if err != nil {
		return nil, err
	}
	if fleet[0] != math.Trunc(fleet[0]) || fleet[0] < 1 || fleet[0] > MaxVehicles {
		return nil, s.bad("number: %v vehicles: there are 1 to %d", fleet[0], MaxVehicles)
	}
	for _, words := range []string{"CUSTOMER", "CUST NO. XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME"} {
		if err := s.heading(words); err != nil {
			return nil, err
		}
	}
	p := &Problem{Fewest: true}
	var points [][2]float64
	var shift Window
	for s.next() {
		row, err := s.numbers("customer", "x", "y", "demand", "ready time", "due date", "service time")
		if err != nil {
			return nil, err
		}
		number := len(points)
		switch {
		case row[0] != float64(number):
			return nil, s.bad("customer: %v stands where %d should be: they are numbered from 0, the depot, on", row[0], number)
		case number > MaxJobs:
			return nil, s.bad("over %d customers, which is more than are taken", MaxJobs)
		case row[4] > row[5]:
			return nil, s.bad("due date: %v is before the ready time, %v", row[5], row[4])
		}
		points = append(points, [2]float64{row[1], row[2]})
		if number == 0 {
			shift = Window{row[4], row[5]}
			continue
		}
		p.Jobs = append(p.Jobs, Job{ID: strconv.Itoa(number), Place: number, Service: row[6],
			Windows: []Window{{row[4], row[5]}}, Load: []float64{row[3]}})
	}
	if err := s.in.Err(); err != nil {
		return nil, s.bad("%v", err)
	}
	if len(points) == 0 {
		return nil, s.bad("the file ends where the depot should be")
	}
	for i := range int(fleet[0]) {
		p.Vehicles = append(p.Vehicles, Vehicle{ID: strconv.Itoa(i + 1), Shift: shift, Capacity: []float64{fleet[1]}})
	}
	p.Travel = Euclidean(points)
	return p, nil
}
