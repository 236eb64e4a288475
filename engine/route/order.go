package route

import (
	"cmp"
	"slices"
)

// nearest is how many neighbours of each job are kept.
const nearest = 400

func (m *model) neighbours() {
	m.near = make([][]int32, m.n)
	all := make([]int32, m.n)
	for i := range m.n {
		for j := range m.n {
			all[j] = int32(j)
		}
		// Where costs differ by direction the cheaper one counts.
		apart := func(j int32) float64 { return min(m.cost[i*m.size+int(j)], m.costTo[i*m.size+int(j)]) }
		slices.SortFunc(all, func(a, b int32) int {
			if c := cmp.Compare(apart(a), apart(b)); c != 0 {
				return c
			}
			return int(a - b)
		})
		m.near[i] = slices.Clone(all[:min(m.n, nearest)])
	}
}

// sortings are keys by which absent jobs are put in order before they are put back, the
// lowest first.
func (m *model) sortings() {
	key := func(of func(j int) float64) {
		keys := make([]float64, m.n)
		for j := range keys {
			keys[j] = of(j)
		}
		m.orders = append(m.orders, keys)
	}
	largest := make([]float64, m.dims)
	for _, v := range m.cars {
		for k, c := range v.capacity {
			largest[k] = max(largest[k], c)
		}
	}
	size := func(j int) (sum float64) {
		for k, c := range largest {
			if c > 0 {
				sum += m.load[j*m.dims+k] / c
			}
		}
		return sum
	}
	away := func(j int) (sum float64) {
		for d := m.n; d < m.size; d++ {
			sum += m.cost[d*m.size+j]
		}
		return sum
	}
	key(func(j int) float64 { return -size(j) })
	key(func(j int) float64 { return -away(j) })
	key(func(j int) float64 { return away(j) })
	key(func(j int) float64 { return m.nodes[j].due - m.nodes[j].ready })
	key(func(j int) float64 { return m.nodes[j].ready })
	key(func(j int) float64 { return -m.nodes[j].due })
}

// sortingChances are the chances of the orders of sortings, after those of any order at all.
var sortingChances = [...]int{4, 4, 2, 1, 2, 2, 2}
