// Mutations of statements, and the walk over functions.
#include "effects.h"
#include "evidence.h"
#include "operators_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void finder_add(struct finder *finder, enum operator_kind kind, unsigned line, struct span span,
                const char *replacement) {
    struct mutation mutation = {.kind = kind,
                                .line = line,
                                .begin = span.begin,
                                .end = span.end,
                                .path = finder->path,
                                .source = finder->syntax->text,
                                .source_size = finder->syntax->size};
    snprintf(mutation.function, sizeof mutation.function, "%s", finder->function);
    snprintf(mutation.id, sizeof mutation.id, "%.80s/%.120s/%s-%u", finder->name, finder->function,
             operator_name(kind), ++finder->ordinals[kind]);
    mutation_add(finder->list, &mutation, replacement);
}

static bool is_annotated(CXCursor cursor) {
    char name[MUTATION_NAME_MAX];
    syntax_spelling(cursor, name, sizeof name);
    return evidence_is(EVIDENCE_ANNOTATION, name);
}

// Does it set a field or a variable that decides nothing?
static bool is_annotation(CXCursor cursor) {
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    if (kind != CXCursor_BinaryOperator && kind != CXCursor_DeclStmt)
        return false;
    struct cursors parts;
    cursors_of(cursor, &parts);
    CXCursor first = parts.count != 0 ? parts.items[0] : clang_getNullCursor();
    bool sets = clang_getCursorKind(first) == CXCursor_MemberRefExpr ||
                clang_getCursorKind(first) == CXCursor_DeclRefExpr ||
                (clang_getCursorKind(first) == CXCursor_VarDecl && parts.count == 1);
    cursors_fini(&parts);
    return sets && is_annotated(first);
}

bool finder_is_report(const struct finder *finder, CXCursor cursor) {
    return evidence_calls(EVIDENCE_REPORT, finder->syntax, cursor) || is_annotation(cursor);
}

// ---- what kind of statement ---------------------------------------------------------------------

static bool is_jump(CXCursor statement) {
    switch (clang_getCursorKind(statement)) {
    case CXCursor_ReturnStmt:
    case CXCursor_BreakStmt:
    case CXCursor_ContinueStmt:
    case CXCursor_GotoStmt:
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
    case CXCursor_LabelStmt:
    case CXCursor_NullStmt:
        return true;
    default:
        return false;
    }
}

static bool is_deletable(CXCursor statement) {
    switch (clang_getCursorKind(statement)) {
    case CXCursor_CallExpr:
    case CXCursor_BinaryOperator:
    case CXCursor_CompoundAssignOperator:
    case CXCursor_UnaryOperator:
    case CXCursor_ConditionalOperator:
    case CXCursor_ReturnStmt:
    case CXCursor_BreakStmt:
    case CXCursor_ContinueStmt:
    case CXCursor_IfStmt:
    case CXCursor_WhileStmt:
    case CXCursor_ForStmt:
    case CXCursor_DoStmt:
        return true;
    default:
        return false;
    }
}

// The condition and the branch of an `if` without an else.
static bool is_lone_if(CXCursor statement, CXCursor *condition, CXCursor *branch) {
    if (clang_getCursorKind(statement) != CXCursor_IfStmt)
        return false;
    struct cursors parts;
    cursors_of(statement, &parts);
    bool lone = parts.count == 2;
    if (lone) {
        *condition = parts.items[0];
        *branch = parts.items[1];
    }
    cursors_fini(&parts);
    return lone;
}

static bool declares_flag(const struct finder *finder, CXCursor statement) {
    struct planted noted = finder->planted;
    if (clang_getCursorKind(statement) != CXCursor_DeclStmt)
        return false;
    struct cursors variables, parts;
    cursors_of(statement, &variables);
    cursors_of(variables.items[0], &parts);
    if (parts.count != 0)
        planted_note(finder->syntax, &noted, variables.items[0], parts.items[parts.count - 1]);
    bool flag = noted.count != finder->planted.count;
    cursors_fini(&variables);
    cursors_fini(&parts);
    return flag;
}

// "total -= mutant(...) && ...": it adds nothing while no fault is on.
static bool adds_fault(const struct finder *finder, CXCursor statement) {
    if (clang_getCursorKind(statement) != CXCursor_CompoundAssignOperator)
        return false;
    struct cursors operands;
    cursors_of(statement, &operands);
    bool adds = operands.count == 2 &&
                planted_implies(finder->syntax, &finder->planted, operands.items[1]).when_true;
    cursors_fini(&operands);
    return adds;
}

// The condition of a `for`: the parts that are left out are no children, so the semicolons tell.
static CXCursor for_condition(const struct finder *finder, CXCursor loop,
                              const struct cursors *parts) {
    struct span span, part;
    size_t semicolons[2] = {0, 0}, count = 0;
    if (!syntax_span(finder->syntax, loop, &span))
        return clang_getNullCursor();
    for (size_t i = span.begin; i < span.end && count < 2; i++)
        if (finder->syntax->text[i] == ';')
            semicolons[count++] = i;
    for (size_t i = 0; i + 1 < parts->count; i++)
        if (syntax_span(finder->syntax, parts->items[i], &part) && part.begin > semicolons[0] &&
            part.begin < semicolons[1])
            return parts->items[i];
    return clang_getNullCursor();
}

// A loop that runs while a fault is on.
static bool loops_for_fault(const struct finder *finder, CXCursor statement) {
    if (clang_getCursorKind(statement) != CXCursor_ForStmt)
        return false;
    struct cursors parts;
    cursors_of(statement, &parts);
    CXCursor condition = for_condition(finder, statement, &parts);
    cursors_fini(&parts);
    return !clang_Cursor_isNull(condition) &&
           planted_implies(finder->syntax, &finder->planted, condition).when_true;
}

// Does it do nothing while no deliberate fault is on, or only report?
static bool is_idle(const struct finder *finder, CXCursor statement) {
    CXCursor condition, branch;
    if (finder_is_report(finder, statement) || declares_flag(finder, statement) ||
        adds_fault(finder, statement) || loops_for_fault(finder, statement))
        return true;
    return is_lone_if(statement, &condition, &branch) &&
           (planted_implies(finder->syntax, &finder->planted, condition).when_true ||
            finder_is_report(finder, branch));
}

// ---- deletion -----------------------------------------------------------------------------------

// The lines below keep their numbers.
static void put_newlines(const struct finder *finder, struct span span, struct strbuf *out) {
    for (size_t i = span.begin; i < span.end; i++)
        if (finder->syntax->text[i] == '\n')
            strbuf_puts(out, "\n");
}

static void delete_statement(struct finder *finder, CXCursor statement) {
    struct span span;
    if (!is_deletable(statement) || is_idle(finder, statement) ||
        !syntax_span(finder->syntax, statement, &span) || span.begin == finder->last_return)
        return;
    struct strbuf text = {0};
    bool braced = finder->syntax->text[span.end - 1] == '}';
    put_newlines(finder, span, &text);
    strbuf_puts(&text, braced ? "{}" : "(void)0");
    finder_add(finder, OPERATOR_delete, syntax_line(statement), span, text.text);
    strbuf_fini(&text);
}

// ---- swaps --------------------------------------------------------------------------------------

// Does the second use a variable that the first declares?
static bool needs(const struct finder *finder, CXCursor first, struct span second) {
    if (clang_getCursorKind(first) != CXCursor_DeclStmt)
        return false;
    struct cursors variables;
    cursors_of(first, &variables);
    bool used = false;
    for (size_t i = 0; i < variables.count; i++) {
        char name[MUTATION_NAME_MAX];
        syntax_spelling(variables.items[i], name, sizeof name);
        used = used || syntax_has_word(finder->syntax, second, name);
    }
    cursors_fini(&variables);
    return used;
}

static bool is_swappable(const struct finder *finder, CXCursor first, CXCursor second,
                         struct span second_span) {
    return !is_jump(first) && !is_jump(second) && !is_idle(finder, first) &&
           !is_idle(finder, second) && !needs(finder, first, second_span) &&
           !effects_commute(finder->syntax, first, second);
}

static void swap_statements(struct finder *finder, CXCursor first, CXCursor second) {
    struct span a, b;
    if (!syntax_statement(finder->syntax, first, &a) ||
        !syntax_statement(finder->syntax, second, &b) || a.end > b.begin ||
        !is_swappable(finder, first, second, b))
        return;
    const char *text = finder->syntax->text;
    struct strbuf swapped = {0};
    strbuf_add(&swapped, text + b.begin, b.end - b.begin);
    strbuf_add(&swapped, text + a.end, b.begin - a.end);
    strbuf_add(&swapped, text + a.begin, a.end - a.begin);
    finder_add(finder, OPERATOR_swap, syntax_line(first), (struct span){a.begin, b.end},
               swapped.text);
    strbuf_fini(&swapped);
}

// ---- the walk -----------------------------------------------------------------------------------

static void visit(struct finder *finder, CXCursor statement);

static void visit_branch(struct finder *finder, CXCursor branch) {
    if (clang_getCursorKind(branch) != CXCursor_CompoundStmt)
        delete_statement(finder, branch);
    visit(finder, branch);
}

static void visit_if(struct finder *finder, const struct cursors *parts) {
    if (parts->count == 2 && finder_is_report(finder, parts->items[1]))
        return;
    struct implies implies = planted_implies(finder->syntax, &finder->planted, parts->items[0]);
    finder_condition(finder, parts->items[0]);
    if (!implies.when_true && parts->count > 1)
        visit_branch(finder, parts->items[1]);
    if (!implies.when_false && parts->count > 2)
        visit_branch(finder, parts->items[2]);
}

static void visit_for(struct finder *finder, CXCursor loop, const struct cursors *parts) {
    CXCursor condition = for_condition(finder, loop, parts);
    if (loops_for_fault(finder, loop))
        return;
    for (size_t i = 0; i < parts->count; i++) {
        if (i + 1 == parts->count)
            visit_branch(finder, parts->items[i]);
        else if (clang_equalCursors(parts->items[i], condition))
            finder_condition(finder, condition);
        else
            visit(finder, parts->items[i]);
    }
}

static void visit_block(struct finder *finder, const struct cursors *statements) {
    for (size_t i = 0; i < statements->count; i++) {
        delete_statement(finder, statements->items[i]);
        if (i + 1 < statements->count)
            swap_statements(finder, statements->items[i], statements->items[i + 1]);
        visit(finder, statements->items[i]);
    }
}

static void visit_declarations(struct finder *finder, const struct cursors *variables) {
    for (size_t i = 0; i < variables->count; i++) {
        struct cursors parts;
        cursors_of(variables->items[i], &parts);
        // Behind what names its type stands the value, if there is one.
        CXCursor value = parts.count != 0 ? parts.items[parts.count - 1] : clang_getNullCursor();
        if (clang_isExpression(clang_getCursorKind(value))) {
            planted_note(finder->syntax, &finder->planted, variables->items[i], value);
            finder_expression(finder, value);
        }
        cursors_fini(&parts);
    }
}

static void visit(struct finder *finder, CXCursor statement) {
    struct cursors parts;
    cursors_of(statement, &parts);
    switch (clang_getCursorKind(statement)) {
    case CXCursor_CompoundStmt:
        visit_block(finder, &parts);
        break;
    case CXCursor_IfStmt:
        visit_if(finder, &parts);
        break;
    case CXCursor_ForStmt:
        visit_for(finder, statement, &parts);
        break;
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt:
        for (size_t i = 0; i < parts.count; i++)
            if (clang_isExpression(clang_getCursorKind(parts.items[i])))
                finder_condition(finder, parts.items[i]);
            else
                visit_branch(finder, parts.items[i]);
        break;
    case CXCursor_DeclStmt:
        if (!is_annotation(statement))
            visit_declarations(finder, &parts);
        break;
    case CXCursor_CaseStmt: // the value of the case stays
        for (size_t i = 1; i < parts.count; i++)
            visit(finder, parts.items[i]);
        break;
    default:
        if (finder_is_report(finder, statement))
            break;
        if (clang_isExpression(clang_getCursorKind(statement)))
            finder_expression(finder, statement);
        else
            for (size_t i = 0; i < parts.count; i++)
                visit(finder, parts.items[i]);
    }
    cursors_fini(&parts);
}

// Where the return at the end of the body begins, 0 if it ends otherwise: it has a value and must
// stay.
static size_t last_return(const struct syntax *syntax, CXCursor body) {
    struct cursors statements;
    struct span span = {0, 0};
    cursors_of(body, &statements);
    if (statements.count != 0) {
        CXCursor last = statements.items[statements.count - 1];
        if (clang_getCursorKind(last) != CXCursor_ReturnStmt || !syntax_span(syntax, last, &span))
            span.begin = 0;
    }
    cursors_fini(&statements);
    return span.begin;
}

static bool visit_function(struct finder *finder, CXCursor function) {
    struct cursors parts;
    cursors_of(function, &parts);
    CXCursor body = parts.count != 0 ? parts.items[parts.count - 1] : clang_getNullCursor();
    struct span span;
    bool here = clang_getCursorKind(body) == CXCursor_CompoundStmt &&
                syntax_span(finder->syntax, function, &span);
    if (here) {
        memset(finder->ordinals, 0, sizeof finder->ordinals);
        finder->planted.count = 0;
        finder->last_return = last_return(finder->syntax, body);
        visit(finder, body);
    }
    cursors_fini(&parts);
    return here;
}

static bool is_live(const struct finder *finder, CXCursor function) {
    for (size_t i = 0; i < finder->live.count; i++)
        if (clang_equalCursors(clang_getCanonicalCursor(finder->live.items[i]),
                               clang_getCanonicalCursor(function)))
            return true;
    return clang_Cursor_getStorageClass(function) != CX_SC_Static;
}

// Leave out the mutations of a function, from the first of this call on.
static void forget(struct mutation_list *list, size_t first, const char *function) {
    size_t count = first;
    for (size_t i = first; i < list->count; i++) {
        if (strcmp(list->items[i].function, function) == 0)
            free(list->items[i].replacement);
        else
            list->items[count++] = list->items[i];
    }
    list->count = count;
}

size_t operators_find(const struct syntax *syntax, const char *path, const char *name,
                      const char *function, struct mutation_list *list) {
    struct finder finder = {.syntax = syntax, .path = path, .name = name, .list = list};
    struct cursors declarations;
    cursors_of(clang_getTranslationUnitCursor(syntax->unit), &declarations);
    size_t found = 0, first = list->count;
    // All functions are walked, whatever is asked for: they say who is called.
    for (size_t i = 0; i < declarations.count; i++) {
        CXCursor declaration = declarations.items[i];
        if (clang_getCursorKind(declaration) != CXCursor_FunctionDecl ||
            !clang_isCursorDefinition(declaration))
            continue;
        syntax_spelling(declaration, finder.function, sizeof finder.function);
        bool here = visit_function(&finder, declaration);
        found += here && (function == NULL || strcmp(function, finder.function) == 0);
    }
    for (size_t i = 0; i < declarations.count; i++) {
        CXCursor declaration = declarations.items[i];
        if (clang_getCursorKind(declaration) != CXCursor_FunctionDecl)
            continue;
        syntax_spelling(declaration, finder.function, sizeof finder.function);
        bool asked = function == NULL || strcmp(function, finder.function) == 0;
        if (!asked || !is_live(&finder, declaration))
            forget(list, first, finder.function);
    }
    cursors_fini(&declarations);
    cursors_fini(&finder.live);
    return found;
}
