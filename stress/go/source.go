package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// A source is one file of the runtime: parsed, searched by structure, and changed by splices that leave
// every other byte, and with it each directive, as it is. Places are found by function and callee; what is
// not found is a failure that names it.
type source struct {
	name  string // as in src/runtime
	text  []byte
	set   *token.FileSet
	file  *ast.File
	edits []edit

	slipped bool // a slip has been seeded in it: places may be gone
}

type edit struct {
	from, to int
	text     string
}

// A missing place is panicked with and becomes the message of the program.
type missing string

func loadSource(goroot, name string) *source {
	text, err := os.ReadFile(filepath.Join(goroot, "src", "runtime", name))
	if err != nil {
		panic(missing(err.Error()))
	}
	s := &source{name: name, text: text}
	s.parse()
	return s
}

func (s *source) parse() {
	s.set = token.NewFileSet()
	file, err := parser.ParseFile(s.set, s.name, s.text, parser.ParseComments)
	if err != nil {
		panic(missing(fmt.Sprintf("src/runtime/%s does not parse: %v", s.name, err)))
	}
	s.file = file
}

// apply makes the splices and parses the result, so that the next step finds its places in it.
func (s *source) apply() {
	sort.SliceStable(s.edits, func(i, j int) bool { return s.edits[i].from < s.edits[j].from })
	var out []byte
	at := 0
	for _, e := range s.edits {
		if e.from < at {
			panic(missing(fmt.Sprintf("src/runtime/%s: two changes meet at offset %d", s.name, e.from)))
		}
		out = append(append(out, s.text[at:e.from]...), e.text...)
		at = e.to
	}
	s.text = append(out, s.text[at:]...)
	s.edits = nil
	s.parse()
}

func (s *source) offset(pos token.Pos) int { return s.set.Position(pos).Offset }

func (s *source) textOf(n ast.Node) string {
	return string(s.text[s.offset(n.Pos()):s.offset(n.End())])
}

// Insertions stay on the line of their neighbour: the line numbers of the rest stay true.
func (s *source) before(n ast.Node, code string) {
	at := s.offset(n.Pos())
	s.edits = append(s.edits, edit{at, at, code + "; "})
}

func (s *source) after(n ast.Node, code string) {
	at := s.offset(n.End())
	s.edits = append(s.edits, edit{at, at, "; " + code})
}

func (s *source) first(body *ast.BlockStmt, code string) {
	at := s.offset(body.Lbrace) + 1
	s.edits = append(s.edits, edit{at, at, " " + code + "; "})
}

func (s *source) replace(n ast.Node, code string) {
	s.edits = append(s.edits, edit{s.offset(n.Pos()), s.offset(n.End()), code})
}

func (s *source) remove(n ast.Node) {
	s.replace(n, strings.Repeat("\n", strings.Count(s.textOf(n), "\n")))
}

// ---- finding ------------------------------------------------------------------------------------

// function finds a function or method by the first of the names that exists.
func (s *source) function(names ...string) *ast.FuncDecl {
	for _, name := range names {
		for _, decl := range s.file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == name && fn.Body != nil {
				return fn
			}
		}
	}
	panic(missing(fmt.Sprintf("src/runtime/%s: no function %s", s.name, strings.Join(names, " or "))))
}

// has tells whether the file has a function of that name.
func (s *source) has(function string) bool {
	for _, decl := range s.file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == function && fn.Body != nil {
			return true
		}
	}
	return false
}

func (s *source) imports(path string) bool {
	for _, spec := range s.file.Imports {
		if spec.Path.Value == `"`+path+`"` {
			return true
		}
	}
	return false
}

// declares tells whether a constant or variable of that name is declared at the top of the file.
func (s *source) declares(name string) bool {
	for _, decl := range s.file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			if values, ok := spec.(*ast.ValueSpec); ok {
				for _, ident := range values.Names {
					if ident.Name == name {
						return true
					}
				}
			}
		}
	}
	return false
}

// dotted names an expression: "goroutineProfile.active", "acquirem", "" for anything else.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x := dotted(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
		return e.Sel.Name
	case *ast.UnaryExpr:
		return dotted(e.X)
	}
	return ""
}

// isNamed tells whether a dotted name is, or ends in, the name asked for.
func isNamed(dotted, name string) bool {
	return dotted == name || strings.HasSuffix(dotted, "."+name)
}

// mentions tells whether an identifier or selector of that name stands anywhere below the node.
func mentions(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && isNamed(dotted(e), name) {
			found = true
		}
		return !found
	})
	return found
}

func mentionsAll(n ast.Node, names []string) bool {
	for _, name := range names {
		if !mentions(n, name) {
			return false
		}
	}
	return true
}

// statements gathers, in order, all statements below the node that the test accepts.
func statements(n ast.Node, accept func(ast.Stmt) bool) []ast.Stmt {
	var found []ast.Stmt
	ast.Inspect(n, func(n ast.Node) bool {
		if stmt, ok := n.(ast.Stmt); ok && accept(stmt) {
			found = append(found, stmt)
		}
		return true
	})
	return found
}

// calls finds the statements that call callee, alone or to assign its result, and mention all the names.
func calls(n ast.Node, callee string, names ...string) []ast.Stmt {
	return statements(n, func(stmt ast.Stmt) bool {
		var e ast.Expr
		switch stmt := stmt.(type) {
		case *ast.ExprStmt:
			e = stmt.X
		case *ast.AssignStmt:
			e = stmt.Rhs[0]
		}
		call, ok := e.(*ast.CallExpr)
		return ok && isNamed(dotted(call.Fun), callee) && mentionsAll(stmt, names)
	})
}

// assigns finds the assignments to a name whose right side mentions all the names.
func assigns(n ast.Node, to string, names ...string) []ast.Stmt {
	return statements(n, func(stmt ast.Stmt) bool {
		a, ok := stmt.(*ast.AssignStmt)
		return ok && isNamed(dotted(a.Lhs[0]), to) && mentionsAll(a.Rhs[0], names)
	})
}

// ifs finds the conditional statements whose condition mentions all the names.
func ifs(n ast.Node, names ...string) []ast.Stmt {
	return statements(n, func(stmt ast.Stmt) bool {
		i, ok := stmt.(*ast.IfStmt)
		return ok && (mentionsAll(i.Cond, names) || i.Init != nil && mentionsAll(i.Init, names))
	})
}

// one takes the only statement of a list, or fails with the function and what was looked for.
func (s *source) one(fn *ast.FuncDecl, what string, found []ast.Stmt) ast.Stmt {
	if len(found) != 1 {
		panic(missing(fmt.Sprintf("src/runtime/%s: in %s: %d places for %s, expected 1", s.name,
			fn.Name.Name, len(found), what)))
	}
	return found[0]
}

// head and last take an end of a list that must not be empty.
func (s *source) head(fn *ast.FuncDecl, what string, found []ast.Stmt) ast.Stmt {
	if len(found) == 0 {
		panic(missing(fmt.Sprintf("src/runtime/%s: in %s: no %s", s.name, fn.Name.Name, what)))
	}
	return found[0]
}

func (s *source) last(fn *ast.FuncDecl, what string, found []ast.Stmt) ast.Stmt {
	s.head(fn, what, found)
	return found[len(found)-1]
}
