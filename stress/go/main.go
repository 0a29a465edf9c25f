// Writes a changed copy of some files of a Go runtime, and the overlay.json with which `go build
// -overlay` takes them for the real ones. Reads GOROOT, writes only below -out. Run by `gproof carry`.
//
// Exit codes: 0 written; 2 usage; 3 this Go lacks a place, which is named.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed support.go.txt
var support string

//go:embed trace.go.txt
var traceSupport string

//go:embed round.go.txt
var roundSupport string

//go:embed snapshot.go.txt
var snapshotSupport string

// A tree is the set of files of the runtime that have been read for a change.
type tree struct {
	goroot    string
	files     map[string]*source
	constants string // what telling needs to know of this version; "" = nothing is told
}

func (r *tree) has(name string) bool {
	_, err := os.Stat(filepath.Join(r.goroot, "src", "runtime", name))
	return err == nil
}

func (r *tree) file(name string) *source {
	if r.files[name] == nil {
		r.files[name] = loadSource(r.goroot, name)
	}
	return r.files[name]
}

// atomicPath is where this version keeps the runtime's own atomics.
func (r *tree) atomicPath() string {
	for _, spec := range r.file("mprof.go").file.Imports {
		if path := strings.Trim(spec.Path.Value, `"`); strings.HasSuffix(path, "/atomic") {
			return path
		}
	}
	panic(missing("src/runtime/mprof.go imports no atomic package"))
}

// write stores the files and the overlay, whose right sides are relative to base: the folder where the
// go command will be run.
func (r *tree) write(out, base, kinds string) error {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	replace := map[string]string{}
	put := func(name string, text []byte) error {
		file := filepath.Join(out, name)
		relative, err := filepath.Rel(base, file)
		if err != nil {
			return err
		}
		replace[filepath.Join(r.goroot, "src", "runtime", name)] = relative
		return os.WriteFile(file, text, 0o666)
	}
	for name, s := range r.files {
		if err := put(name, s.text); err != nil {
			return err
		}
	}
	own := map[string]string{"gproof_support.go": support}
	if mprof := r.file("mprof.go"); mprof.has(syncVariant) && mprof.imports("internal/profilerecord") {
		own["gproof_snapshot.go"] = snapshotSupport
	}
	if r.constants != "" {
		own = map[string]string{"gproof_trace.go": traceSupport + r.constants, "gproof_round.go": roundSupport,
			"gproof_kinds.go": kinds}
	}
	for name, text := range own {
		text = strings.ReplaceAll(text, "ATOMIC", r.atomicPath())
		if err := put(name, []byte(text)); err != nil {
			return err
		}
	}
	overlay, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "overlay.json"), append(overlay, '\n'), 0o666)
}

func main() {
	goroot := flag.String("goroot", "", "the Go tree to read")
	out := flag.String("out", "", "the folder to write")
	base := flag.String("base", "", "the folder that overlay.json is used from")
	id := flag.String("slip", "none", "the slip to seed")
	events := flag.String("trace", "", "tell events, with the numbers of this Go file")
	modelled := flag.String("modelled", "", "the table of modelled functions: tell which bodies differ")
	record := flag.Bool("record", false, "write this version's hashes into that table")
	list := flag.Bool("list", false, "list the slips and end")
	flag.Parse()
	if *list {
		fmt.Println(strings.Join(slipIDs(), "\n"))
		return
	}
	if *modelled != "" && *goroot != "" {
		if _, err := drift(&tree{goroot: *goroot, files: map[string]*source{}}, *modelled, *record); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		return
	}
	if *goroot == "" || *out == "" || *base == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case missing:
			fmt.Fprintf(os.Stderr, "not found in this Go: %s\n", reason)
			os.Exit(3)
		default:
			panic(reason)
		}
	}()
	r := &tree{goroot: *goroot, files: map[string]*source{}}
	if *id != "none" {
		seedSlip(r, *id)
	}
	kinds := ""
	if *events != "" {
		text, err := os.ReadFile(*events)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		kinds = string(text)
		tell(r)
	} else {
		for _, absent := range instrument(r) {
			fmt.Printf("left out: %s\n", absent)
		}
	}
	if err := r.write(*out, *base, kinds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}
