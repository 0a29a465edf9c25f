#include "syntax.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the file -----------------------------------------------------------------------------------

// Print what the compiler has against it; true if that is nothing grave.
static bool is_clean(CXTranslationUnit unit) {
    bool clean = true;
    unsigned count = clang_getNumDiagnostics(unit);
    for (unsigned i = 0; i < count; i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
            CXString text =
                clang_formatDiagnostic(diagnostic, clang_defaultDiagnosticDisplayOptions());
            fprintf(stderr, "%s\n", clang_getCString(text));
            clang_disposeString(text);
            clean = false;
        }
        clang_disposeDiagnostic(diagnostic);
    }
    return clean;
}

bool syntax_parse(struct syntax *syntax, const char *path, const char *const *arguments,
                  int count) {
    *syntax = (struct syntax){.index = clang_createIndex(0, 0)};
    enum CXErrorCode error = clang_parseTranslationUnit2(
        syntax->index, path, arguments, count, NULL, 0, CXTranslationUnit_None, &syntax->unit);
    if (error != CXError_Success)
        fprintf(stderr, "%s: libclang cannot parse it (error %d)\n", path, (int)error);
    if (error != CXError_Success || !is_clean(syntax->unit)) {
        syntax_fini(syntax);
        return false;
    }
    syntax->file = clang_getFile(syntax->unit, path);
    syntax->text = clang_getFileContents(syntax->unit, syntax->file, &syntax->size);
    return true;
}

void syntax_fini(struct syntax *syntax) {
    if (syntax->unit != NULL)
        clang_disposeTranslationUnit(syntax->unit);
    clang_disposeIndex(syntax->index);
    *syntax = (struct syntax){0};
}

// ---- cursors ------------------------------------------------------------------------------------

void cursors_add(struct cursors *cursors, CXCursor cursor) {
    if (cursors->count == cursors->capacity) {
        cursors->capacity = cursors->capacity == 0 ? 8 : 2 * cursors->capacity;
        cursors->items = realloc(cursors->items, cursors->capacity * sizeof cursors->items[0]);
        if (cursors->items == NULL) {
            perror("libclang");
            abort();
        }
    }
    cursors->items[cursors->count++] = cursor;
}

static enum CXChildVisitResult append(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    cursors_add(data, cursor);
    return CXChildVisit_Continue;
}

void cursors_of(CXCursor parent, struct cursors *children) {
    *children = (struct cursors){0};
    clang_visitChildren(parent, append, children);
}

void cursors_fini(struct cursors *children) {
    free(children->items);
    *children = (struct cursors){0};
}

bool syntax_span(const struct syntax *syntax, CXCursor cursor, struct span *span) {
    CXSourceRange range = clang_getCursorExtent(cursor);
    CXFile begin_file, end_file;
    unsigned begin, end;
    clang_getExpansionLocation(clang_getRangeStart(range), &begin_file, NULL, NULL, &begin);
    clang_getExpansionLocation(clang_getRangeEnd(range), &end_file, NULL, NULL, &end);
    if (begin_file == NULL || end_file == NULL || !clang_File_isEqual(begin_file, syntax->file) ||
        !clang_File_isEqual(end_file, syntax->file) || begin >= end || end > syntax->size)
        return false;
    *span = (struct span){begin, end};
    return true;
}

unsigned syntax_line(CXCursor cursor) {
    unsigned line;
    clang_getExpansionLocation(clang_getRangeStart(clang_getCursorExtent(cursor)), NULL, &line,
                               NULL, NULL);
    return line;
}

bool syntax_statement(const struct syntax *syntax, CXCursor cursor, struct span *span) {
    if (!syntax_span(syntax, cursor, span))
        return false;
    char last = syntax->text[span->end - 1];
    if (last == ';' || last == '}')
        return true;
    size_t at = span->end;
    while (at < syntax->size && isspace((unsigned char)syntax->text[at]))
        at++;
    if (at < syntax->size && syntax->text[at] == ';')
        span->end = at + 1;
    return true;
}

CXCursor syntax_core(CXCursor cursor) {
    for (;;) {
        enum CXCursorKind kind = clang_getCursorKind(cursor);
        if (kind != CXCursor_UnexposedExpr && kind != CXCursor_ParenExpr)
            return cursor;
        struct cursors children;
        cursors_of(cursor, &children);
        bool one = children.count == 1;
        CXCursor child = one ? children.items[0] : cursor;
        cursors_fini(&children);
        if (!one)
            return cursor;
        cursor = child;
    }
}

// ---- text ---------------------------------------------------------------------------------------

static bool is_letter(char letter) {
    return isalnum((unsigned char)letter) || letter == '_';
}

bool syntax_is(const struct syntax *syntax, struct span span, const char *word) {
    return strlen(word) == span.end - span.begin &&
           memcmp(syntax->text + span.begin, word, span.end - span.begin) == 0;
}

bool syntax_calls(const struct syntax *syntax, CXCursor cursor, const char *name) {
    struct span span;
    size_t length = strlen(name);
    return syntax_span(syntax, cursor, &span) && span.end - span.begin > length &&
           memcmp(syntax->text + span.begin, name, length) == 0 &&
           syntax->text[span.begin + length] == '(';
}

bool syntax_has_word(const struct syntax *syntax, struct span span, const char *word) {
    size_t length = strlen(word);
    for (size_t i = span.begin; i + length <= span.end; i++)
        if (memcmp(syntax->text + i, word, length) == 0 &&
            (i == span.begin || !is_letter(syntax->text[i - 1])) &&
            (i + length == span.end || !is_letter(syntax->text[i + length])))
            return true;
    return false;
}

void syntax_spelling(CXCursor cursor, char *out, size_t size) {
    CXString spelling = clang_getCursorSpelling(cursor);
    const char *text = clang_getCString(spelling);
    snprintf(out, size, "%s", text != NULL ? text : "");
    clang_disposeString(spelling);
}

bool syntax_sign(const struct syntax *syntax, CXCursor left, CXCursor right, struct span *sign) {
    struct span a, b;
    if (!syntax_span(syntax, left, &a) || !syntax_span(syntax, right, &b) || a.end >= b.begin)
        return false;
    *sign = (struct span){a.end, b.begin};
    while (sign->begin < sign->end && isspace((unsigned char)syntax->text[sign->begin]))
        sign->begin++;
    while (sign->end > sign->begin && isspace((unsigned char)syntax->text[sign->end - 1]))
        sign->end--;
    return sign->begin < sign->end;
}
