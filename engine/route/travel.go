package route

import (
	"math"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// Travel is how far and how long it is from one place to another. Leg must give the same
// for the same places, finite and not below 0.
type Travel struct {
	Places int
	Leg    func(from, to int) (distance, time float64)
}

// Matrix is travel by tables, rows from and columns to; without times, time is distance.
func Matrix(distances, times [][]float64) Travel {
	return Travel{len(distances), func(from, to int) (float64, float64) {
		if times == nil {
			return distances[from][to], distances[from][to]
		}
		return distances[from][to], times[from][to]
	}}
}

// Euclidean is travel in the plane at a speed of 1.
func Euclidean(points [][2]float64) Travel {
	return Travel{len(points), func(from, to int) (float64, float64) {
		dx, dy := points[from][0]-points[to][0], points[from][1]-points[to][1]
		d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		return d, d
	}}
}

// GreatCircle is travel between places on the Earth where roads are unknown: metres along
// the great circle times a factor for the detours of roads (1.3 is usual in cities), and
// seconds at a speed in metres per second. Both are rounded to thousandths, so that the last
// bits of a processor's sine do not decide which plan is found.
func GreatCircle(points []geo.Point, factor, speed float64) Travel {
	round := func(x float64) float64 { return math.Round(x*1000) / 1000 }
	return Travel{len(points), func(from, to int) (float64, float64) {
		d := points[from].Distance(points[to]) * factor
		return round(d), round(d / speed)
	}}
}
