#include "regression.h"

#include "strbuf.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[REGRESSION_STATE_COUNT] = {"good", "missing", "stale", "loud",
                                                                "unknown"};

const char *regression_state_name(enum regression_state state) {
    return state_names[state];
}

bool regression_wanted(enum mutant mutant) {
    return mutant_shown_in(mutant, "virtual", false);
}

// ---- the text -----------------------------------------------------------------------------------

// Take "KEYWORD VALUE" out of a comment line into name. False with a message if it was there before
// or is no single name.
static bool take_name(const char *file, uint32_t line, const char *text, size_t size,
                      char name[REGRESSION_NAME_MAX]) {
    size_t skip = strcspn(text, " \t\r\n");
    const char *value = text + skip + strspn(text + skip, " \t");
    size_t length = strcspn(value, " \t\r\n"), rest = strspn(value + length, " \t\r");
    if (name[0] != '\0') {
        fprintf(stderr, "%s:%u: a second '%.*s', expected one\n", file, line, (int)skip, text);
        return false;
    }
    if (length == 0 || length >= REGRESSION_NAME_MAX || value + length + rest < text + size) {
        fprintf(stderr, "%s:%u: expected '# %.*s ID', one name of less than %d letters\n", file,
                line, (int)skip, text, REGRESSION_NAME_MAX);
        return false;
    }
    snprintf(name, REGRESSION_NAME_MAX, "%.*s", (int)length, value);
    return true;
}

static bool begins_with(const char *text, size_t size, const char *word) {
    size_t length = strlen(word);
    return size >= length && memcmp(text, word, length) == 0 &&
           (size == length || strchr(" \t\r", text[length]) != NULL);
}

// Read the two lines out of the comments at the head, before or after the line "gproof 1".
static bool read_head(struct regression *regression, const char *file, const char *text) {
    size_t size;
    for (uint32_t line = 1; *text != '\0'; line++, text += size + (text[size] == '\n')) {
        text += strspn(text, " \t\r");
        size = strcspn(text, "\n");
        if (size == 0 || begins_with(text, size, "gproof"))
            continue;
        if (*text != '#')
            return true;
        size_t skip = 1 + strspn(text + 1, " \t");
        const char *comment = text + skip;
        if (begins_with(comment, size - skip, "mutant") &&
            !take_name(file, line, comment, size - skip, regression->mutant_id))
            return false;
        if (begins_with(comment, size - skip, "breaks") &&
            !take_name(file, line, comment, size - skip, regression->breaks_id))
            return false;
    }
    return true;
}

static bool is_called(const char *file, const char *id) {
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    size_t size = strlen(id);
    return strncmp(name, id, size) == 0 && strcmp(name + size, ".txt") == 0;
}

bool regression_load(struct regression *regression, const char *file) {
    *regression = (struct regression){.mutant = MUTANT_COUNT};
    if (!workload_load(&regression->workload, file))
        return false;
    struct strbuf text = {0};
    int error = file_read(file, WORKLOAD_FILE_MAX, &text);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", file, strerror(error));
    bool ok = error == 0 && (text.size == 0 || read_head(regression, file, text.text));
    strbuf_fini(&text);
    const char *id = regression->mutant_id;
    if (!ok)
        return false;
    if ((id[0] == '\0') != (regression->breaks_id[0] == '\0')) {
        fprintf(stderr, "%s:1: expected both '# mutant ID' and '# breaks INVARIANT', or neither\n",
                file);
        return false;
    }
    if (id[0] != '\0' && !is_called(file, id)) {
        fprintf(stderr, "%s: expected the name %s.txt, as its mutant\n", file, id);
        return false;
    }
    if (id[0] != '\0')
        regression->mutant = mutant_parse(id);
    return true;
}

void regression_of_mutant(struct regression *regression, enum mutant mutant) {
    const struct mutant_info *info = mutant_info(mutant);
    *regression = (struct regression){.mutant = mutant, .state = REGRESSION_MISSING};
    snprintf(regression->mutant_id, sizeof regression->mutant_id, "%s", info->id);
    snprintf(regression->breaks_id, sizeof regression->breaks_id, "%s", info->invariant);
    snprintf(regression->why, sizeof regression->why, "the mutant has no %s.txt", info->id);
    workload_init(&regression->workload);
}

int regression_save(const struct regression *regression, const char *folder) {
    struct strbuf name = {0}, comment = {0};
    strbuf_printf(&name, "%s/%s.txt", folder, regression->mutant_id);
    strbuf_printf(&comment, "mutant %s\nbreaks %s\n%s", regression->mutant_id,
                  regression->breaks_id, mutant_info(regression->mutant)->title);
    char *text = malloc(2 * WORKLOAD_TEXT_MAX);
    int error = text == NULL ? ENOMEM : 0;
    if (error == 0) {
        size_t size =
            workload_print(&regression->workload, comment.text, text, 2 * WORKLOAD_TEXT_MAX);
        error = file_write(name.text, text, size);
    }
    free(text);
    strbuf_fini(&comment);
    strbuf_fini(&name);
    return error;
}

// ---- replay -------------------------------------------------------------------------------------

static struct sandbox *sandbox_of(const struct subject *subject) {
    struct sandbox_config config = {.subject = subject, .judge_every = 1};
    return sandbox_new(&config);
}

struct sandbox *regression_sandbox(enum mutant mutant) {
    struct subject subject;
    subject_init(&subject);
    if (mutant != MUTANT_COUNT)
        subject_add_mutant(&subject, mutant_info(mutant)->id);
    return sandbox_of(&subject);
}

__attribute__((format(printf, 3, 4))) static void
find(struct regression *regression, enum regression_state state, const char *why, ...) {
    regression->state = state;
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(regression->why, sizeof regression->why, why, arguments);
    va_end(arguments);
}

// What a run came to, for people.
static const char *outcome_of(const struct trial *trial) {
    if (trial->verdict.count != 0)
        return invariant_info(trial->verdict.violations[0].invariant)->id;
    return trial->verdict.kind == VERDICT_PASS ? "nothing" : "nothing that could be decided";
}

// A known bug shows in each version of the protocol that it lives in. False: environment.
static bool check_versions(struct regression *regression, struct trial *trial) {
    const char *name, *id = mutant_info(regression->mutant)->invariant;
    for (size_t i = 0; (name = version_name(i)) != NULL; i++) {
        if (!version_holds(i, regression->mutant))
            continue;
        struct subject subject;
        subject_init(&subject);
        subject_set_version(&subject, name);
        struct sandbox *sandbox = sandbox_of(&subject);
        bool ok = sandbox != NULL && sandbox_run(sandbox, &regression->workload, false, trial);
        if (ok && !verdict_breaks(&trial->verdict, invariant_parse(id)))
            find(regression, REGRESSION_STALE, "as %s, where its mutant lives, it breaks %s", name,
                 outcome_of(trial));
        sandbox_free(sandbox);
        if (!ok || regression->state != REGRESSION_GOOD)
            return ok;
    }
    return true;
}

bool regression_check(struct regression *regression, struct sandbox *plain) {
    static struct trial trial; // large
    find(regression, REGRESSION_GOOD, "%s", "");
    if (!sandbox_run(plain, &regression->workload, false, &trial))
        return false;
    if (trial.verdict.kind != VERDICT_PASS) {
        find(regression, REGRESSION_LOUD, "without a mutant it breaks %s%s%s", outcome_of(&trial),
             trial.verdict.count != 0 ? ": " : "",
             trial.verdict.count != 0 ? trial.verdict.violations[0].reason : "");
        return true;
    }
    if (regression->mutant_id[0] == '\0')
        return true;
    if (regression->mutant == MUTANT_COUNT) {
        find(regression, REGRESSION_UNKNOWN, "no mutant is called %s", regression->mutant_id);
        return true;
    }
    const char *invariant = mutant_info(regression->mutant)->invariant;
    if (strcmp(regression->breaks_id, invariant) != 0) {
        find(regression, REGRESSION_STALE, "it is to break %s, its mutant breaks %s",
             regression->breaks_id, invariant);
        return true;
    }
    struct sandbox *sandbox = regression_sandbox(regression->mutant);
    bool ok = sandbox != NULL && sandbox_run(sandbox, &regression->workload, false, &trial);
    if (ok && !verdict_breaks(&trial.verdict, invariant_parse(invariant)))
        find(regression, REGRESSION_STALE, "with its mutant it breaks %s", outcome_of(&trial));
    sandbox_free(sandbox);
    return ok && (regression->state != REGRESSION_GOOD || check_versions(regression, &trial));
}
