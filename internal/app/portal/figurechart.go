package portal

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
)

// figureChart is an indicator over time as lines, drawn for a phone's width.
type figureChart struct {
	Wide, High  int
	Lines       []chartLine // the place's own, then the city's
	Gaps        []chartGap  // periods of which nothing is known
	Ticks       []chartTick
	Target      *chartTick
	First, Last string // the outer periods
	Says        string // what the picture shows
	Caption     string // that, and what its lines and gaps are
}

type chartLine struct {
	Path string
	Dots []chartDot // ends, and values between gaps
}

type chartDot struct{ X, Y string }

type chartGap struct{ X, Wide string }

type chartTick struct {
	Y    string
	Text string
}

// Sizes of the chart, in units that are about pixels on a phone.
const (
	chartWide   = 360
	chartHigh   = 196
	chartLeft   = 46
	chartRight  = 8
	chartTop    = 20
	chartBottom = 28
)

// draw makes the chart, its periods as they stand beside an axis and as they are said; nil where less
// than two values of the place are known.
func (r *request) draw(o *indicator.Public, periods, spoken []string, lines [][]*float64, target *indicator.Target) *figureChart {
	first, last, known := -1, 0, 0
	low, high := math.Inf(1), math.Inf(-1)
	for n, line := range lines {
		for i, v := range line {
			if v == nil {
				continue
			}
			low, high = min(low, *v), max(high, *v)
			if n == 0 {
				if first < 0 {
					first = i
				}
				last = i
				known++
			}
		}
	}
	if known < 2 {
		return nil
	}
	begin, end := *lines[0][first], *lines[0][last]
	says := r.t("figures.course", "from", periods[first], "begin", r.exact(o, begin), "to", periods[last], "end", r.exact(o, end))
	if spoken[last] != periods[last] { // it is not over
		says = r.t("figures.course_so_far", "from", periods[first], "begin", r.exact(o, begin), "to", periods[last], "end", r.exact(o, end))
	}
	if target != nil && suits(o, []*float64{&high}, target) {
		low, high = min(low, target.Value), max(high, target.Value)
	} else {
		target = nil
	}
	ticks, low, high := ticksOf(low, high, o.UnitZh == "%")
	c := &figureChart{Wide: chartWide, High: chartHigh, First: periods[first], Last: periods[len(periods)-1], Says: says}
	run := max(len(periods)-1-first, 1)
	x := func(i int) float64 {
		return chartLeft + float64(i-first)/float64(run)*(chartWide-chartLeft-chartRight)
	}
	y := func(v float64) float64 { return chartTop + (high-v)/(high-low)*(chartHigh-chartTop-chartBottom) }
	for _, t := range ticks {
		c.Ticks = append(c.Ticks, chartTick{px(y(t)), strings.TrimSuffix(r.short(o, t), " "+r.name(o.UnitZh, o.UnitEn))})
	}
	if target != nil {
		c.Target = &chartTick{px(y(target.Value)), r.t("figures.target.line", "value", r.short(o, target.Value))}
	}
	for _, line := range lines {
		c.Lines = append(c.Lines, lineOf(line, first, x, y))
	}
	step := (chartWide - chartLeft - chartRight) / float64(run)
	for i := first; i < len(periods); i++ {
		if lines[0][i] == nil {
			c.Gaps = append(c.Gaps, chartGap{px(max(x(i)-step/2, chartLeft)), px(min(step, chartWide-chartRight-x(i)+step/2))})
		}
	}
	return c
}

// lineOf is a line through what is known, broken where something is not; a value between two
// that are not known is a dot.
func lineOf(line []*float64, first int, x func(int) float64, y func(float64) float64) (out chartLine) {
	var path strings.Builder
	for i := first; i < len(line); i++ {
		if line[i] == nil {
			continue
		}
		before, after := i > first && line[i-1] != nil, i+1 < len(line) && line[i+1] != nil
		mark := "M"
		if before {
			mark = "L"
		}
		fmt.Fprintf(&path, "%s%s %s", mark, px(x(i)), px(y(*line[i])))
		if !after {
			out.Dots = append(out.Dots, chartDot{px(x(i)), px(y(*line[i]))})
		}
	}
	out.Path = path.String()
	return out
}

// ticksOf are round values between which all others lie.
func ticksOf(low, high float64, percent bool) (ticks []float64, from, to float64) {
	if high-low < 1e-9 {
		low, high = low-max(math.Abs(low)*.05, .5), high+max(math.Abs(high)*.05, .5)
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/2)))
	for _, more := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*more) <= 4 {
			step *= more
			break
		}
	}
	from, to = math.Floor(low/step)*step, math.Ceil(high/step)*step
	if percent {
		from, to = max(from, 0), max(min(to, 100), high)
	}
	for v := from; v <= to+step/1e6; v += step {
		ticks = append(ticks, math.Round(v/step)*step)
	}
	return ticks, from, to
}

// bar is a value as a bar from zero, in hundredths of the widest; nothing where it is not known.
type bar struct{ Wide, Target string }

// barsOf are values beside each other, with the target of each where there is one; nil where there is
// something below zero. Shares go to a hundred.
func barsOf(values, targets []*float64, percent bool) []*bar {
	most := 0.0
	if percent {
		most = 100
	}
	out := make([]*bar, len(values))
	for _, v := range slices.Concat(values, targets) {
		if v == nil {
			continue
		}
		if *v < 0 {
			return out
		}
		most = max(most, *v)
	}
	if most == 0 {
		most = 1
	}
	for i, v := range values {
		out[i] = new(bar)
		if v != nil {
			out[i].Wide = px(*v / most * 100)
		}
		if targets != nil && targets[i] != nil {
			out[i].Target = px(*targets[i] / most * 100)
		}
	}
	return out
}

func px(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}
