#include "effects.h"

#include "evidence.h"

struct effects {
    const struct syntax *syntax;
    bool plain;
    struct cursors writes; // left sides of assignments, and variables declared
    struct cursors uses; // variables and places of memory that are named, the written ones included
};

static CXType type_of(CXCursor place) {
    return clang_getCanonicalType(clang_getCursorType(place));
}

// ---- what a statement does ----------------------------------------------------------------------

static bool is_pure(const struct syntax *syntax, CXCursor call) {
    return evidence_calls(EVIDENCE_PURE, syntax, call);
}

static bool is_atomic(const struct syntax *syntax, CXCursor call) {
    static const char *const atomics[] = {
#define ATOMIC(function, operator, replacement) #function,
#include "atomics.def"
#undef ATOMIC
    };
    for (size_t i = 0; i < sizeof atomics / sizeof atomics[0]; i++)
        if (syntax_calls(syntax, call, atomics[i]))
            return true;
    return false;
}

static void take_binary(struct effects *effects, CXCursor operation) {
    struct cursors operands;
    struct span sign;
    cursors_of(operation, &operands);
    bool known = operands.count == 2 &&
                 syntax_sign(effects->syntax, operands.items[0], operands.items[1], &sign);
    if (known && syntax_is(effects->syntax, sign, "="))
        cursors_add(&effects->writes, syntax_core(operands.items[0]));
    effects->plain = effects->plain && known;
    cursors_fini(&operands);
}

static void take_unary(struct effects *effects, CXCursor operation) {
    struct cursors operand;
    struct span whole;
    cursors_of(operation, &operand);
    bool known = operand.count == 1 && syntax_span(effects->syntax, operation, &whole);
    if (!known) {
        effects->plain = false;
    } else {
        const char *text = effects->syntax->text;
        char first = text[whole.begin], last = text[whole.end - 1];
        bool steps = last == '+' || last == '-' ||
                     ((first == '+' || first == '-') && text[whole.begin + 1] == first);
        if (steps)
            cursors_add(&effects->writes, syntax_core(operand.items[0]));
        if (first == '*')
            cursors_add(&effects->uses, operation);
        // An address that is handed on may be written through.
        effects->plain = effects->plain && first != '&';
    }
    cursors_fini(&operand);
}

// Of a pure call: the variables that its arguments name.
static enum CXChildVisitResult take_arguments(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct effects *effects = data;
    (void)parent;
    if (clang_getCursorKind(cursor) == CXCursor_DeclRefExpr)
        cursors_add(&effects->uses, cursor);
    return CXChildVisit_Recurse;
}

static enum CXChildVisitResult take(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct effects *effects = data;
    struct cursors operands;
    // The struct that a field is of is a path to it, not read as a whole.
    if (clang_getCursorKind(parent) == CXCursor_MemberRefExpr &&
        clang_getCursorKind(cursor) == CXCursor_MemberRefExpr &&
        type_of(cursor).kind == CXType_Record)
        return CXChildVisit_Recurse;
    switch (clang_getCursorKind(cursor)) {
    case CXCursor_BinaryOperator:
        take_binary(effects, cursor);
        break;
    case CXCursor_CompoundAssignOperator:
        cursors_of(cursor, &operands);
        cursors_add(&effects->writes, syntax_core(operands.items[0]));
        cursors_fini(&operands);
        break;
    case CXCursor_UnaryOperator:
        take_unary(effects, cursor);
        break;
    case CXCursor_VarDecl:
        cursors_add(&effects->writes, cursor);
        break;
    case CXCursor_DeclRefExpr:
    case CXCursor_MemberRefExpr:
    case CXCursor_ArraySubscriptExpr:
        cursors_add(&effects->uses, cursor);
        break;
    case CXCursor_CallExpr:
        effects->plain = is_pure(effects->syntax, cursor);
        clang_visitChildren(cursor, take_arguments, effects);
        return effects->plain ? CXChildVisit_Continue : CXChildVisit_Break;
    case CXCursor_DeclStmt:
    case CXCursor_IfStmt:
    case CXCursor_CompoundStmt:
    case CXCursor_ConditionalOperator:
    case CXCursor_ParenExpr:
    case CXCursor_UnexposedExpr:
    case CXCursor_CStyleCastExpr:
    case CXCursor_InitListExpr:
    case CXCursor_IntegerLiteral:
    case CXCursor_MemberRef:
    case CXCursor_TypeRef:
        break;
    default:
        effects->plain = false;
    }
    return effects->plain ? CXChildVisit_Recurse : CXChildVisit_Break;
}

static void effects_of(const struct syntax *syntax, CXCursor statement, struct effects *effects) {
    *effects = (struct effects){.syntax = syntax, .plain = true};
    if (take(statement, statement, effects) == CXChildVisit_Recurse)
        clang_visitChildren(statement, take, effects);
    effects->plain = effects->plain && effects->writes.count != 0;
}

// ---- are two places apart -----------------------------------------------------------------------

static bool is_whole(CXCursor place) {
    enum CXTypeKind kind = type_of(place).kind;
    return kind == CXType_Record || kind == CXType_ConstantArray;
}

static bool is_character(CXCursor place) {
    enum CXTypeKind kind = type_of(place).kind;
    return kind == CXType_Char_S || kind == CXType_SChar || kind == CXType_UChar;
}

static bool is_of_union(CXCursor member) {
    CXCursor field = clang_getCursorReferenced(member);
    return clang_getCursorKind(clang_getCursorSemanticParent(field)) == CXCursor_UnionDecl;
}

static CXCursor variable_of(CXCursor place) {
    enum CXCursorKind kind = clang_getCursorKind(place);
    return kind == CXCursor_DeclRefExpr ? clang_getCursorReferenced(place)
           : kind == CXCursor_VarDecl   ? place
                                        : clang_getNullCursor();
}

// Can a place of the outer type hold one of the inner?
struct holding {
    CXType inner;
    bool found;
};

static enum CXVisitorResult look_into(CXCursor field, CXClientData data);

static void look_for(CXType outer, struct holding *holding) {
    while (outer.kind == CXType_ConstantArray)
        outer = clang_getCanonicalType(clang_getArrayElementType(outer));
    holding->found = holding->found || clang_equalTypes(outer, holding->inner);
    if (!holding->found && outer.kind == CXType_Record)
        clang_Type_visitFields(outer, look_into, holding);
}

static enum CXVisitorResult look_into(CXCursor field, CXClientData data) {
    struct holding *holding = data;
    look_for(type_of(field), holding);
    return holding->found ? CXVisit_Break : CXVisit_Continue;
}

static bool holds(CXType outer, CXType inner) {
    struct holding holding = {.inner = inner};
    look_for(outer, &holding);
    return holding.found;
}

// Different fields, and neither is a struct in which the other's struct may lie.
static bool are_fields_apart(CXCursor a, CXCursor b) {
    CXCursor field_a = clang_getCursorReferenced(a), field_b = clang_getCursorReferenced(b);
    CXType struct_a = type_of(clang_getCursorSemanticParent(field_a));
    CXType struct_b = type_of(clang_getCursorSemanticParent(field_b));
    return !is_of_union(a) && !is_of_union(b) && !clang_equalCursors(field_a, field_b) &&
           !holds(type_of(a), struct_b) && !holds(type_of(b), struct_a);
}

static bool is_apart(CXCursor write, CXCursor use) {
    CXCursor a = variable_of(write), b = variable_of(use);
    bool is_variable = !clang_Cursor_isNull(a), uses_variable = !clang_Cursor_isNull(b);
    if (is_variable && uses_variable)
        return !clang_equalCursors(a, b);
    bool is_field = clang_getCursorKind(write) == CXCursor_MemberRefExpr;
    bool uses_field = clang_getCursorKind(use) == CXCursor_MemberRefExpr;
    if (is_field && uses_field)
        return are_fields_apart(write, use);
    if ((is_whole(write) && !is_field) || (is_whole(use) && !uses_field))
        return false;
    // A variable just declared has no address yet, and one of a scalar type is no field.
    if (clang_getCursorKind(write) == CXCursor_VarDecl || (is_variable && uses_field) ||
        (is_field && uses_variable))
        return true;
    return !is_whole(write) && !is_whole(use) && !is_character(write) && !is_character(use) &&
           !clang_equalTypes(type_of(write), type_of(use));
}

static bool leaves_alone(const struct effects *writer, const struct effects *user) {
    for (size_t i = 0; i < writer->writes.count; i++) {
        for (size_t k = 0; k < user->uses.count; k++)
            if (!is_apart(writer->writes.items[i], user->uses.items[k]))
                return false;
        for (size_t k = 0; k < user->writes.count; k++)
            if (!is_apart(writer->writes.items[i], user->writes.items[k]))
                return false;
    }
    return true;
}

// ---- holding the M ------------------------------------------------------------------------------

struct steps {
    const struct syntax *syntax;
    unsigned holds, atomics, others; // calls, but for pure ones; and jumps
};

static enum CXChildVisitResult count_step(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct steps *steps = data;
    (void)parent;
    switch (clang_getCursorKind(cursor)) {
    case CXCursor_CallExpr:
        if (evidence_calls(EVIDENCE_HOLD, steps->syntax, cursor))
            steps->holds++;
        else if (is_atomic(steps->syntax, cursor))
            steps->atomics++;
        else if (!is_pure(steps->syntax, cursor))
            steps->others++;
        break;
    case CXCursor_BinaryOperator:
    case CXCursor_CompoundAssignOperator:
    case CXCursor_DeclStmt:
    case CXCursor_ReturnStmt:
    case CXCursor_BreakStmt:
    case CXCursor_ContinueStmt:
    case CXCursor_GotoStmt:
        steps->others++;
        break;
    default:
        break;
    }
    return CXChildVisit_Recurse;
}

static struct steps steps_of(const struct syntax *syntax, CXCursor statement) {
    struct steps steps = {.syntax = syntax};
    if (count_step(statement, statement, &steps) == CXChildVisit_Recurse)
        clang_visitChildren(statement, count_step, &steps);
    return steps;
}

// One only holds or lets go of the M, and the other only does atomic operations: no safe point is
// between, whatever their order.
static bool holds_beside_atomics(const struct syntax *syntax, CXCursor first, CXCursor second) {
    struct steps a = steps_of(syntax, first), b = steps_of(syntax, second);
    return a.others == 0 && b.others == 0 &&
           ((a.holds != 0 && a.atomics == 0 && b.holds == 0 && b.atomics != 0) ||
            (b.holds != 0 && b.atomics == 0 && a.holds == 0 && a.atomics != 0));
}

bool effects_commute(const struct syntax *syntax, CXCursor first, CXCursor second) {
    if (holds_beside_atomics(syntax, first, second))
        return true;
    struct effects a, b;
    effects_of(syntax, first, &a);
    effects_of(syntax, second, &b);
    bool commute = a.plain && b.plain && leaves_alone(&a, &b) && leaves_alone(&b, &a);
    cursors_fini(&a.writes);
    cursors_fini(&a.uses);
    cursors_fini(&b.writes);
    cursors_fini(&b.uses);
    return commute;
}
