package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/big"
	"sort"
	"strconv"
)

// census2020.csv: residents of each county of Beijing, Tianjin and Hebei on 1 November
// 2020 with their urban and rural parts, from the county tables of the Seventh National
// Population Census as compiled in github.com/leiii/census (MIT). Beijing's rows are
// those of the city's census bulletin no. 2 and add up to 21,893,095.
//
//go:embed census2020.csv
var censusCSV []byte

// spreadPopulation gives districts their census figures, what stands above them the
// sums, and what stands below an estimate: a district's urban people are shared evenly
// by its communities and its rural people by its villages; where it has only one of the
// two kinds, that kind has all. Whole people are kept by largest remainder, so that
// children always add up to their parent.
func spreadPopulation(t *tree) error {
	rows, err := csv.NewReader(bytes.NewReader(censusCSV)).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		r := t.byCode[full(row[0])]
		if r == nil || r.name != row[1] {
			return fmt.Errorf("census2020.csv: %s %s is not in the tree", row[0], row[1])
		}
		for i, into := range []*int64{&r.population, &r.urban, &r.rural} {
			if *into, err = strconv.ParseInt(row[2+i], 10, 64); err != nil {
				return fmt.Errorf("census2020.csv: %s: %w", row[0], err)
			}
		}
		r.counted = true
	}
	for _, d := range t.at("district", "") {
		if !d.counted {
			return fmt.Errorf("census2020.csv: nothing for %s %s", d.code, d.name)
		}
		spreadDistrict(d)
		for up := t.byCode[d.parent]; up != nil && up.level != "nation"; up = t.byCode[up.parent] {
			up.population += d.population
			up.counted = true
		}
	}
	return nil
}

func spreadDistrict(d *region) {
	var communities, villages int64
	for _, town := range d.children {
		communities += int64(town.communities)
		villages += int64(town.villages)
	}
	if communities+villages == 0 {
		return
	}
	urban, rural := d.urban, d.rural
	switch {
	case villages == 0:
		urban, rural = d.population, 0
	case communities == 0:
		urban, rural = 0, d.population
	}
	// The weight of one community and one village over a common denominator.
	perCommunity, perVillage := new(big.Int).SetInt64(urban*max(villages, 1)), new(big.Int).SetInt64(rural*max(communities, 1))
	weigh := func(c, v int) *big.Int {
		a := new(big.Int).Mul(perCommunity, big.NewInt(int64(c)))
		return a.Add(a, new(big.Int).Mul(perVillage, big.NewInt(int64(v))))
	}
	weights := make([]*big.Int, len(d.children))
	for i, town := range d.children {
		weights[i] = weigh(town.communities, town.villages)
	}
	for i, n := range apportion(d.population, weights) {
		town := d.children[i]
		town.population, town.estimate = n, true
		below := make([]*big.Int, len(town.children))
		for k, v := range town.children {
			if v.kind == "village" {
				below[k] = weigh(0, 1)
			} else {
				below[k] = weigh(1, 0)
			}
		}
		for k, n := range apportion(town.population, below) {
			town.children[k].population, town.children[k].estimate = n, true
		}
	}
}

// apportion shares total by weight in whole numbers: each gets its share rounded down,
// and those with the largest remainders one more (earlier ones first when equal).
func apportion(total int64, weights []*big.Int) []int64 {
	out := make([]int64, len(weights))
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, w)
	}
	if sum.Sign() == 0 {
		return out
	}
	rest := make([]*big.Int, len(weights))
	order := make([]int, len(weights))
	left := total
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(w, big.NewInt(total)), sum, new(big.Int))
		out[i], rest[i], order[i] = q.Int64(), r, i
		left -= out[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]].Cmp(rest[order[b]]) > 0 })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}
