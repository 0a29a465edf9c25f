package main

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// The table of what is modelled: bodies of Go functions as they were when they were looked at, by hash.

// normalised writes a body without comments, places and layout: kinds of node, names, literals, operators.
func normalised(body *ast.BlockStmt) string {
	var out strings.Builder
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil:
			out.WriteString(")")
			return true
		case *ast.Ident:
			fmt.Fprintf(&out, "(%q", n.Name)
		case *ast.BasicLit:
			fmt.Fprintf(&out, "(%q", n.Value)
		case *ast.BinaryExpr:
			fmt.Fprintf(&out, "(%s", n.Op)
		case *ast.UnaryExpr:
			fmt.Fprintf(&out, "(%s", n.Op)
		case *ast.AssignStmt:
			fmt.Fprintf(&out, "(%s", n.Tok)
		case *ast.IncDecStmt:
			fmt.Fprintf(&out, "(%s", n.Tok)
		case *ast.BranchStmt:
			fmt.Fprintf(&out, "(%s", n.Tok)
		case *ast.RangeStmt:
			fmt.Fprintf(&out, "(range %s", n.Tok)
		case *ast.GenDecl:
			fmt.Fprintf(&out, "(%s", n.Tok)
		case *ast.CallExpr:
			fmt.Fprintf(&out, "(call %t", n.Ellipsis.IsValid())
		default:
			fmt.Fprintf(&out, "(%T", n)
		}
		return true
	})
	return out.String()
}

func hashOf(body *ast.BlockStmt) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(normalised(body))))[:16]
}

// hashIn hashes the function that goes by one of the names, or tells that this version has none.
func (r *tree) hashIn(file, names string) (hash string) {
	defer func() {
		if _, ok := recover().(missing); ok {
			hash = "absent"
		}
	}()
	return hashOf(r.file(file).function(strings.Split(names, "|")...).Body)
}

var minorVersion = regexp.MustCompile(`go1\.[0-9]+`)

// drift prints a line for each modelled function whose body is none of those that were looked at, and
// with record writes the hashes of this version into the table. It returns how many differ.
func drift(r *tree, table string, record bool) (differ int, err error) {
	text, err := os.ReadFile(table)
	if err != nil {
		return 0, err
	}
	said, err := os.ReadFile(filepath.Join(r.goroot, "VERSION"))
	version := minorVersion.FindString(string(said))
	if err != nil || version == "" {
		return 0, fmt.Errorf("%s: no VERSION of a Go tree", r.goroot)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) < 3 {
			return differ, fmt.Errorf("%s:%d: expected C function, Go function, file, hashes, with tabs between", table, i+1)
		}
		hash := r.hashIn(fields[2], fields[1])
		known := false
		kept := fields[:3:3]
		for _, field := range fields[3:] {
			known = known || strings.HasSuffix(field, "="+hash)
			if !strings.HasPrefix(field, version+"=") {
				kept = append(kept, field)
			}
		}
		if record {
			kept = append(kept, version+"="+hash)
			sort.Strings(kept[3:])
			lines[i] = strings.Join(kept, "\t")
		} else if !known {
			differ++
			fmt.Printf("%s in src/runtime/%s, which %s models\n", strings.Split(fields[1], "|")[0], fields[2], fields[0])
		}
	}
	if record {
		err = os.WriteFile(table, []byte(strings.Join(lines, "\n")+"\n"), 0o666)
	}
	return differ, err
}
