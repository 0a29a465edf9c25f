// Reading C through libclang: a parsed source, its text by byte, and the few questions that
// operators ask of a cursor. Parentheses and what libclang calls unexposed (casts of its own) are
// looked through. Positions are those of the text as written: of a macro, the place of its use. Not
// thread-safe.
#ifndef GPROOF_SYNTAX_H
#define GPROOF_SYNTAX_H

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stddef.h>

struct syntax {
    CXIndex index;
    CXTranslationUnit unit;
    CXFile file;
    const char *text; // of the file; borrowed from the unit
    size_t size;
};

// Parse the file as a compiler would with these arguments. False, nothing to be freed, with the
// compiler's message on stderr if it does not compile.
bool syntax_parse(struct syntax *syntax, const char *path, const char *const *arguments, int count);
void syntax_fini(struct syntax *syntax);

// Children in the order of the source.
struct cursors {
    CXCursor *items; // owned
    size_t count, capacity;
};
void cursors_of(CXCursor parent, struct cursors *children);
void cursors_add(struct cursors *cursors, CXCursor cursor);
void cursors_fini(struct cursors *children);

// Bytes of the file that the cursor covers. False if it stands in another file.
struct span {
    size_t begin, end;
};
bool syntax_span(const struct syntax *syntax, CXCursor cursor, struct span *span);
unsigned syntax_line(CXCursor cursor);

// The same for a statement, with the semicolon behind it.
bool syntax_statement(const struct syntax *syntax, CXCursor cursor, struct span *span);

// The cursor behind parentheses and unexposed wrappers.
CXCursor syntax_core(CXCursor cursor);

// Does the text of the cursor begin with a use of this macro or a call of this function?
bool syntax_calls(const struct syntax *syntax, CXCursor cursor, const char *name);

// Does the text in the span hold this word?
bool syntax_has_word(const struct syntax *syntax, struct span span, const char *word);

// Copy the spelling of a cursor, cut to size with its NUL.
void syntax_spelling(CXCursor cursor, char *out, size_t size);

// The sign between the two operands of a binary operator, as a span. False if it comes from a
// macro.
bool syntax_sign(const struct syntax *syntax, CXCursor left, CXCursor right, struct span *sign);

// Does the text in the span equal the word?
bool syntax_is(const struct syntax *syntax, struct span span, const char *word);

#endif
