#include "account.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

enum { BRIEF_WIDTH = 160 };

struct account account_of(const struct survey *survey) {
    struct account account = {0};
    for (size_t i = 0; i < survey->list.count; i++) {
        const struct fate *fate = &survey->fates[i];
        account.judged += fate->kind == FATE_OPEN && survey->judged[i] != NULL;
        account.killed += fate->kind == FATE_KILLED;
        account.survived += fate->kind == FATE_SURVIVED;
        account.refused += fate->kind == FATE_REFUSED;
        account.unchanged += fate->kind == FATE_UNCHANGED;
        account.twins += fate->kind == FATE_TWIN;
        account.broken += fate->kind == FATE_BROKEN;
        if (fate->kind == FATE_KILLED && fate->seconds > account.worst_seconds)
            account.worst_seconds = fate->seconds;
    }
    return account;
}

static const char *state_of(const struct survey *survey, size_t index) {
    const struct fate *fate = &survey->fates[index];
    return fate->kind == FATE_OPEN && survey->judged[index] != NULL ? "judged equivalent"
                                                                    : fate_name(fate->kind);
}

void account_row(struct strbuf *out, const struct mutation *mutation, const struct fate *fate) {
    if (fate->kind == FATE_KILLED) {
        strbuf_printf(out, "%-40s killed   %8llu executions %8.3f s  by %s%s\n", mutation->id,
                      (unsigned long long)fate->executions, fate->seconds, fate->by,
                      fate->kept ? " (kept)" : "");
    } else if (fate->kind == FATE_SURVIVED) {
        strbuf_printf(out, "%-40s SURVIVED %8llu executions %8.3f s  %08x %s:%u%s\n", mutation->id,
                      (unsigned long long)fate->executions, fate->seconds, mutation->digest,
                      mutation->path, mutation->line, fate->kept ? " (kept)" : "");
        mutation_diff(mutation, out);
    } else {
        strbuf_printf(out, "%-40s %s%s%s\n", mutation->id, fate_name(fate->kind),
                      fate->kind == FATE_TWIN ? " of " : "", fate->by);
    }
}

void account_list(struct strbuf *out, const struct survey *survey) {
    for (size_t i = 0; i < survey->list.count; i++) {
        const struct mutation *mutation = &survey->list.items[i];
        strbuf_printf(out, "%s %08x %s:%u: %s\n", mutation->id, mutation->digest, mutation->path,
                      mutation->line, operator_title(mutation->kind));
        mutation_diff(mutation, out);
    }
}

static double percent(size_t part, size_t whole) {
    return whole != 0 ? 100.0 * (double)part / (double)whole : 0;
}

void account_summary(struct strbuf *out, const struct survey *survey) {
    struct account account = account_of(survey);
    size_t hunted = account.killed + account.survived;
    strbuf_printf(out,
                  "%zu mutations: %zu of %zu hunted ones killed (%.1f %%), each within %.1f s; %zu "
                  "survived %g s\n",
                  survey->list.count, account.killed, hunted, percent(account.killed, hunted),
                  account.worst_seconds, account.survived, survey->config.seconds);
    strbuf_printf(out, "judged equivalent: %zu of %zu (%.1f %%)\n", account.judged,
                  hunted + account.judged, percent(account.judged, hunted + account.judged));
    strbuf_printf(out,
                  "left out: %zu do not compile, %zu make the same code as the source, %zu the "
                  "same as another mutation\n",
                  account.refused, account.unchanged, account.twins);
    if (account.broken != 0)
        strbuf_printf(out, "not hunted, the environment failed: %zu\n", account.broken);
}

void account_recheck(struct strbuf *out, const struct survey *survey) {
    struct account account = account_of(survey);
    strbuf_printf(out,
                  "judged equivalent and hunted for %g s each: %zu, of which %zu were killed%s\n",
                  survey->config.seconds, account.killed + account.survived, account.killed,
                  account.killed != 0 ? ": those judgements are wrong" : "");
    if (account.broken != 0)
        strbuf_printf(out, "not hunted, the environment failed: %zu\n", account.broken);
}

static void put_mutation(struct json *json, const struct survey *survey, size_t index) {
    const struct mutation *mutation = &survey->list.items[index];
    const struct fate *fate = &survey->fates[index];
    struct strbuf diff = {0};
    char digest[16];
    snprintf(digest, sizeof digest, "%08x", mutation->digest);
    mutation_diff(mutation, &diff);
    json_object(json, NULL);
    json_string(json, "id", mutation->id);
    json_string(json, "digest", digest);
    json_string(json, "file", mutation->path);
    json_uint(json, "line", mutation->line);
    json_string(json, "function", mutation->function);
    json_string(json, "operator", operator_name(mutation->kind));
    json_string(json, "diff", diff.text);
    json_string(json, "state", state_of(survey, index));
    json_bool(json, "killed", fate->kind == FATE_KILLED);
    json_string(json, "killed_by", fate->kind == FATE_KILLED ? fate->by : NULL);
    json_string(json, "how", fate->kind == FATE_KILLED ? fate->how : NULL);
    json_string(json, "twin_of", fate->kind == FATE_TWIN ? fate->by : NULL);
    json_string(json, "reason", survey->judged[index]);
    json_uint(json, "executions", fate->executions);
    json_real(json, "seconds", fate->seconds);
    json_end_object(json);
    strbuf_fini(&diff);
}

void account_json(struct strbuf *out, const struct survey *survey) {
    struct account account = account_of(survey);
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_uint(&json, "seed", survey->config.seed);
    json_real(&json, "budget", survey->config.seconds);
    json_array(&json, "mutants");
    for (size_t i = 0; i < survey->list.count; i++)
        put_mutation(&json, survey, i);
    json_end_array(&json);
    json_uint(&json, "killed", account.killed);
    json_uint(&json, "survived", account.survived);
    json_uint(&json, "judged_equivalent", account.judged);
    json_uint(&json, "do_not_compile", account.refused);
    json_uint(&json, "same_code", account.unchanged);
    json_uint(&json, "twins", account.twins);
    json_uint(&json, "not_hunted", account.broken);
    json_real(&json, "worst_seconds", account.worst_seconds);
    json_end_object(&json);
}

static void put_field(struct strbuf *out, const char *text, const char *end) {
    strbuf_puts(out, "\"");
    for (; *text != '\0'; text++)
        strbuf_printf(out, *text == '"' ? "\"\"" : "%c", *text);
    strbuf_printf(out, "\"%s", end);
}

void account_csv(struct strbuf *out, const struct survey *survey) {
    strbuf_puts(out, "mutant,digest,file,line,function,operator,change,state,killed_by,how,reason,"
                     "executions,seconds\r\n");
    for (size_t i = 0; i < survey->list.count; i++) {
        const struct mutation *mutation = &survey->list.items[i];
        const struct fate *fate = &survey->fates[i];
        struct strbuf brief = {0};
        mutation_brief(mutation, BRIEF_WIDTH, &brief);
        strbuf_printf(out, "%s,%08x,%s,%u,%s,%s,", mutation->id, mutation->digest, mutation->path,
                      mutation->line, mutation->function, operator_name(mutation->kind));
        put_field(out, brief.text, ",");
        put_field(out, state_of(survey, i), ",");
        put_field(out, fate->kind == FATE_KILLED ? fate->by : "", ",");
        put_field(out, fate->kind == FATE_KILLED ? fate->how : "", ",");
        put_field(out, survey->judged[i] != NULL ? survey->judged[i] : "", ",");
        strbuf_printf(out, "%llu,%.6f\r\n", (unsigned long long)fate->executions, fate->seconds);
        strbuf_fini(&brief);
    }
}
