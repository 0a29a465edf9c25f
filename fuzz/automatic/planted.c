#include "planted.h"

bool planted_junction(const struct syntax *syntax, CXCursor expression, struct junction *junction) {
    CXCursor core = syntax_core(expression);
    if (clang_getCursorKind(core) != CXCursor_BinaryOperator)
        return false;
    struct cursors operands;
    cursors_of(core, &operands);
    bool found = operands.count == 2 &&
                 syntax_sign(syntax, operands.items[0], operands.items[1], &junction->sign);
    if (found) {
        junction->left = operands.items[0];
        junction->right = operands.items[1];
        junction->is_and = syntax_is(syntax, junction->sign, "&&");
        found = junction->is_and || syntax_is(syntax, junction->sign, "||");
    }
    cursors_fini(&operands);
    return found;
}

static struct implies of_variable(const struct planted *planted, CXCursor reference) {
    CXCursor declaration = clang_getCursorReferenced(reference);
    for (size_t i = 0; i < planted->count; i++)
        if (clang_equalCursors(planted->variables[i].declaration, declaration))
            return planted->variables[i].implies;
    return (struct implies){false, false};
}

struct implies planted_implies(const struct syntax *syntax, const struct planted *planted,
                               CXCursor expression) {
    struct junction junction;
    if (planted_junction(syntax, expression, &junction)) {
        struct implies left = planted_implies(syntax, planted, junction.left);
        struct implies right = planted_implies(syntax, planted, junction.right);
        if (junction.is_and)
            return (struct implies){left.when_true || right.when_true,
                                    left.when_false && right.when_false};
        return (struct implies){left.when_true && right.when_true,
                                left.when_false || right.when_false};
    }
    CXCursor core = syntax_core(expression);
    struct span span;
    struct implies none = {false, false};
    switch (clang_getCursorKind(core)) {
    case CXCursor_CallExpr:
        return (struct implies){
            syntax_calls(syntax, core, "mutant") || syntax_calls(syntax, core, "trait"), false};
    case CXCursor_DeclRefExpr:
        return of_variable(planted, core);
    case CXCursor_UnaryOperator:
        if (!syntax_span(syntax, core, &span) || syntax->text[span.begin] != '!')
            return none;
        struct cursors operand;
        cursors_of(core, &operand);
        struct implies inner =
            operand.count == 1 ? planted_implies(syntax, planted, operand.items[0]) : none;
        cursors_fini(&operand);
        return (struct implies){inner.when_false, inner.when_true};
    default:
        return none;
    }
}

void planted_note(const struct syntax *syntax, struct planted *planted, CXCursor declaration,
                  CXCursor value) {
    struct implies implies = planted_implies(syntax, planted, value);
    if ((implies.when_true || implies.when_false) && planted->count < PLANTED_VARIABLES_MAX)
        planted->variables[planted->count++] = (struct planted_variable){declaration, implies};
}
