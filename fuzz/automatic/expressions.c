// Mutations of expressions: conditions, bounds, atomic operations, constants.
#include "evidence.h"
#include "operators_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void visit_children(struct finder *finder, CXCursor cursor) {
    struct cursors children;
    cursors_of(cursor, &children);
    for (size_t i = 0; i < children.count; i++)
        finder_expression(finder, children.items[i]);
    cursors_fini(&children);
}

// ---- conditions ---------------------------------------------------------------------------------

static void negate(struct finder *finder, CXCursor condition) {
    struct span span;
    struct implies implies = planted_implies(finder->syntax, &finder->planted, condition);
    if (implies.when_true || implies.when_false || !syntax_span(finder->syntax, condition, &span))
        return;
    struct strbuf text = {0};
    strbuf_printf(&text, "!(%.*s)", (int)(span.end - span.begin),
                  finder->syntax->text + span.begin);
    finder_add(finder, OPERATOR_negate, syntax_line(condition), span, text.text);
    strbuf_fini(&text);
}

void finder_condition(struct finder *finder, CXCursor condition) {
    struct junction junction;
    if (!planted_junction(finder->syntax, condition, &junction)) {
        negate(finder, condition);
        finder_expression(finder, condition);
        return;
    }
    // One side decides nothing where the other already says that a fault is on.
    struct implies left = planted_implies(finder->syntax, &finder->planted, junction.left);
    struct implies right = planted_implies(finder->syntax, &finder->planted, junction.right);
    if (!(junction.is_and ? right.when_true : right.when_false))
        finder_condition(finder, junction.left);
    if (!(junction.is_and ? left.when_true : left.when_false))
        finder_condition(finder, junction.right);
}

static void visit_choice(struct finder *finder, CXCursor choice) {
    struct cursors parts;
    cursors_of(choice, &parts);
    if (parts.count == 3) {
        struct implies implies = planted_implies(finder->syntax, &finder->planted, parts.items[0]);
        finder_condition(finder, parts.items[0]);
        if (!implies.when_true)
            finder_expression(finder, parts.items[1]);
        if (!implies.when_false)
            finder_expression(finder, parts.items[2]);
    }
    cursors_fini(&parts);
}

// ---- bounds -------------------------------------------------------------------------------------

static const char *neighbour_of_sign(const struct syntax *syntax, struct span sign) {
    static const char *const pairs[][2] = {{"<", "<="}, {"<=", "<"}, {">", ">="}, {">=", ">"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (syntax_is(syntax, sign, pairs[i][0]))
            return pairs[i][1];
    return NULL;
}

static void visit_binary(struct finder *finder, CXCursor operation) {
    struct cursors operands;
    cursors_of(operation, &operands);
    struct span sign;
    if (operands.count == 2 &&
        syntax_sign(finder->syntax, operands.items[0], operands.items[1], &sign)) {
        const char *other = neighbour_of_sign(finder->syntax, sign);
        if (other != NULL)
            finder_add(finder, OPERATOR_bound, syntax_line(operation), sign, other);
    }
    cursors_fini(&operands);
    visit_children(finder, operation);
}

// ---- atomic operations --------------------------------------------------------------------------

struct atomic {
    const char *function;
    enum operator_kind kind;
    const char *replacement;
};
static const struct atomic atomics[] = {
#define ATOMIC(function, kind, replacement) {#function, OPERATOR_##kind, replacement},
#include "atomics.def"
#undef ATOMIC
};

static void put_replacement(const struct finder *finder, CXCursor call, const char *template,
                            struct strbuf *out) {
    for (; *template != '\0'; template ++) {
        if (*template != '$') {
            strbuf_add(out, template, 1);
            continue;
        }
        CXCursor argument = clang_Cursor_getArgument(call, (unsigned)(*++template - '1'));
        struct span span;
        if (syntax_span(finder->syntax, argument, &span))
            strbuf_add(out, finder->syntax->text + span.begin, span.end - span.begin);
    }
}

static void replace_atomic(struct finder *finder, CXCursor call) {
    struct span span;
    if (!syntax_span(finder->syntax, call, &span))
        return;
    for (size_t i = 0; i < sizeof atomics / sizeof atomics[0]; i++) {
        if (!syntax_calls(finder->syntax, call, atomics[i].function))
            continue;
        struct strbuf text = {0};
        put_replacement(finder, call, atomics[i].replacement, &text);
        finder_add(finder, atomics[i].kind, syntax_line(call), span, text.text);
        strbuf_fini(&text);
    }
}

static void visit_call(struct finder *finder, CXCursor call) {
    if (syntax_calls(finder->syntax, call, "mutant") || finder_is_report(finder, call))
        return;
    cursors_add(&finder->live, clang_getCursorReferenced(call));
    replace_atomic(finder, call);
    int count = clang_Cursor_getNumArguments(call);
    for (int i = 0; i < count; i++)
        finder_expression(finder, clang_Cursor_getArgument(call, (unsigned)i));
}

// ---- constants ----------------------------------------------------------------------------------

static bool is_count(const char *name) {
    const char *count = strstr(name, "COUNT");
    return count != NULL && count[strlen("COUNT")] == '\0';
}

// The enumerator behind it, of the last the one before; a name that ends in COUNT is none.
static bool neighbour_of_enumerator(CXCursor constant, char *out, size_t size) {
    struct cursors all;
    cursors_of(clang_getCursorSemanticParent(constant), &all);
    size_t at = 0;
    while (at < all.count && !clang_equalCursors(all.items[at], constant))
        at++;
    bool found = false;
    if (at + 1 < all.count) {
        syntax_spelling(all.items[at + 1], out, size);
        found = !is_count(out);
    }
    if (!found && at > 0 && at < all.count) {
        syntax_spelling(all.items[at - 1], out, size);
        found = true;
    }
    cursors_fini(&all);
    return found;
}

static void visit_reference(struct finder *finder, CXCursor reference) {
    CXCursor constant = clang_getCursorReferenced(reference);
    char name[MUTATION_NAME_MAX], other[MUTATION_NAME_MAX];
    struct span span;
    if (clang_getCursorKind(constant) == CXCursor_FunctionDecl)
        cursors_add(&finder->live, constant);
    if (clang_getCursorKind(constant) != CXCursor_EnumConstantDecl ||
        !syntax_span(finder->syntax, reference, &span))
        return;
    syntax_spelling(constant, name, sizeof name);
    if (!evidence_is(EVIDENCE_PREFIX, name) && syntax_is(finder->syntax, span, name) &&
        neighbour_of_enumerator(constant, other, sizeof other))
        finder_add(finder, OPERATOR_constant, syntax_line(reference), span, other);
}

static void visit_literal(struct finder *finder, CXCursor literal) {
    struct span span;
    if (!syntax_span(finder->syntax, literal, &span))
        return;
    char text[24];
    if (syntax_is(finder->syntax, span, "true"))
        snprintf(text, sizeof text, "false");
    else if (syntax_is(finder->syntax, span, "false"))
        snprintf(text, sizeof text, "true");
    else if (isdigit((unsigned char)finder->syntax->text[span.begin]) && span.end - span.begin < 9)
        snprintf(text, sizeof text, "%lu", strtoul(finder->syntax->text + span.begin, NULL, 0) + 1);
    else // of a macro such as NULL
        return;
    finder_add(finder, OPERATOR_constant, syntax_line(literal), span, text);
}

// ---- all ----------------------------------------------------------------------------------------

void finder_expression(struct finder *finder, CXCursor expression) {
    struct junction junction;
    if (planted_junction(finder->syntax, expression, &junction)) {
        finder_condition(finder, expression);
        return;
    }
    CXCursor core = syntax_core(expression);
    switch (clang_getCursorKind(core)) {
    case CXCursor_BinaryOperator:
        visit_binary(finder, core);
        break;
    case CXCursor_ConditionalOperator:
        visit_choice(finder, core);
        break;
    case CXCursor_CallExpr:
        visit_call(finder, core);
        break;
    case CXCursor_DeclRefExpr:
        visit_reference(finder, core);
        break;
    case CXCursor_IntegerLiteral:
        visit_literal(finder, core);
        break;
    default:
        visit_children(finder, core);
    }
}
