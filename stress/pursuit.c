#include "pursuit.h"

#include "carry_process.h"
#include "finding_files.h"
#include "json_find.h"
#include "options.h"
#include "sanitizer.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SCHEDULES_MAX = 20000, // of one plan, in the virtual world
    WORDS_MAX = 40,        // of a command
    MINIMIZE_SECONDS = 90, // beyond the budget: what a tool needs to finish
};

struct command {
    uint32_t count;
    const char *words[WORDS_MAX + 1];
    char tool[PATH_MAX], out[FINDING_NAME_MAX + 16], seconds[32], schedules[16], seed[24];
    char names[SUBJECT_NAMES_MAX]; // of mutants, each with its NUL
};

struct pursuer {
    const struct stress_options *options;
    bool (*stop)(void);
    bool stopped;
    struct strbuf said;
};

// ---- commands -----------------------------------------------------------------------------------

static void add(struct command *command, const char *word) {
    if (command->count < WORDS_MAX)
        command->words[command->count++] = word;
    command->words[command->count] = NULL;
}

static void add_option(struct command *command, const char *option, const char *value) {
    add(command, option);
    add(command, value);
}

// The tool of a world, which lies beside this one.
static void add_tool(struct command *command, const char *world) {
    char name[32];
    snprintf(name, sizeof name, "gproof-fuzz-%s", world);
    option_beside(name, command->tool);
    add(command, command->tool);
}

static void add_subject(struct command *command, const struct subject *subject) {
    const char *id;
    size_t size, used = 0;
    for (size_t i = 0; subject_mutant(subject, i, &id, &size); i++) {
        char *name = command->names + used;
        used += (size_t)snprintf(name, sizeof command->names - used, "%.*s", (int)size, id) + 1;
        add_option(command, "--mutant", name);
    }
    add_option(command, "--as", subject->version);
}

// TOOL VERB FILE --out FOLDER/name --time T --seed N --json and the subject.
static void begin(struct command *command, const struct stress_options *options, const char *world,
                  const char *verb, const char *file, const char *name) {
    *command = (struct command){0};
    add_tool(command, world);
    add(command, verb);
    add(command, file);
    snprintf(command->out, sizeof command->out, "%.*s%s", (int)(strlen(file) - strlen("input.txt")),
             file, name);
    add_option(command, "--out", command->out);
    snprintf(command->seconds, sizeof command->seconds, "%.0fms", 1000 * options->pursue_seconds);
    add_option(command, "--time", command->seconds);
    snprintf(command->seed, sizeof command->seed, "%" PRIu64, options->seed);
    add_option(command, "--seed", command->seed);
    add(command, "--json");
    add_subject(command, &options->subject);
}

// Run it. Returns the object that it printed, or NULL with a message on stderr (none if stopped).
static const char *run(struct pursuer *pursuer, const struct command *command) {
    const struct carry_process process = {.argv = command->words,
                                          .seconds =
                                              pursuer->options->pursue_seconds + MINIMIZE_SECONDS,
                                          .stop = pursuer->stop};
    int code;
    strbuf_clear(&pursuer->said);
    enum carry_end end = carry_run(&process, &code, &pursuer->said);
    strbuf_puts(&pursuer->said, "");
    const char *object = strchr(pursuer->said.text, '{');
    if (end == CARRY_EXITED && code <= VERB_VIOLATION && object != NULL)
        return object;
    pursuer->stopped = end == CARRY_STOPPED;
    if (end == CARRY_NOT_STARTED)
        fprintf(stderr, "gproof stress: %s: %s\n", command->tool, strerror(code));
    else if (!pursuer->stopped)
        fprintf(stderr, "gproof stress: %s %s %s (%d):\n%.2000s\n", command->tool,
                command->words[1], end == CARRY_TIMED_OUT ? "ran out of time" : "failed", code,
                pursuer->said.text);
    return NULL;
}

static uint64_t number(const char *object, const char *key) {
    double value = 0;
    json_find_number(object, key, &value);
    return (uint64_t)value;
}

// What both tools tell of a minimised finding.
static void take_minimised(struct ledger_pursuit *pursuit, const char *object) {
    json_find_string(object, "invariant", pursuit->kind, sizeof pursuit->kind);
    json_find_string(object, "text", pursuit->text, sizeof pursuit->text);
    pursuit->ops = (uint32_t)number(object, "ops");
    pursuit->preemptions = (uint32_t)number(object, "preemptions");
    pursuit->minimal = json_find_true(object, "minimal");
    pursuit->hits = number(object, "hits");
    pursuit->runs = number(object, "replays");
}

// ---- one finding --------------------------------------------------------------------------------

static bool seek_virtual(struct pursuer *pursuer, const char *file, const char *kind,
                         struct ledger_pursuit *pursuit) {
    struct command command;
    begin(&command, pursuer->options, "virtual", "explore", file, "virtual");
    snprintf(command.schedules, sizeof command.schedules, "%d", SCHEDULES_MAX);
    add_option(&command, "--runs", command.schedules);
    add_option(&command, "--until", kind);
    const char *object = run(pursuer, &command);
    if (object == NULL)
        return false;
    pursuit->schedules = number(object, "executions");
    const char *found = json_find_item(object, "findings", 0);
    if (found == NULL)
        return true;
    pursuit->end = PURSUIT_VIRTUAL;
    take_minimised(pursuit, found);
    json_find_string(found, "story", pursuit->story, sizeof pursuit->story);
    json_find_string(found, "replay", pursuit->replay, sizeof pursuit->replay);
    return true;
}

static void put_posix_replay(const struct stress_options *options, struct ledger_pursuit *pursuit) {
    struct strbuf replay = {0};
    strbuf_printf(&replay, "./gproof replay %s --world posix", pursuit->text);
    if (strcmp(sanitizer_name(), "none") != 0)
        strbuf_printf(&replay, " --sanitizer %s", sanitizer_name());
    subject_options(&options->subject, &replay);
    strbuf_puts(&replay, " --times 200");
    snprintf(pursuit->replay, sizeof pursuit->replay, "%s", replay.text);
    strbuf_fini(&replay);
}

static bool minimise_posix(struct pursuer *pursuer, const char *file,
                           struct ledger_pursuit *pursuit) {
    struct command command;
    begin(&command, pursuer->options, "posix", "minimize", file, "posix");
    add_option(&command, "--world", "posix");
    add_option(&command, "--noise", option_noise_name(pursuer->options->subject.noise));
    const char *object = run(pursuer, &command);
    if (object == NULL)
        return false;
    const char *group = json_find_item(object, "groups", 0);
    pursuit->end = group != NULL ? PURSUIT_POSIX : PURSUIT_GONE;
    if (group != NULL) {
        take_minimised(pursuit, group);
        put_posix_replay(pursuer->options, pursuit);
    }
    return true;
}

static void pursue_one(struct pursuer *pursuer, struct ledger_finding *finding) {
    char file[FINDING_NAME_MAX];
    struct ledger_pursuit *pursuit = &finding->pursuit;
    finding_files_name(pursuer->options, finding, FINDING_TEXT, file);
    fprintf(stderr, "gproof stress: seeking %s in the virtual world\n", finding->kind);
    bool ok = seek_virtual(pursuer, file, finding->kind, pursuit);
    if (ok && pursuit->end == PURSUIT_NONE) {
        fprintf(stderr,
                "gproof stress: not in %" PRIu64 " schedules; minimising %s on real threads\n",
                pursuit->schedules, finding->kind);
        ok = minimise_posix(pursuer, file, pursuit);
    }
    if (!ok && !pursuer->stopped)
        pursuit->end = PURSUIT_FAILED;
}

// ---- all ----------------------------------------------------------------------------------------

// The most frequent finding of the kind of this one, which comes first of its kind; NULL if it does
// not, if nothing was saved, or if it is no promise.
static struct ledger_finding *chosen(struct ledger *ledger, uint32_t index) {
    struct ledger_finding *best = &ledger->findings[index];
    if (invariant_parse(best->kind) == INVARIANT_COUNT)
        return NULL;
    for (uint32_t i = 0; i < ledger->findings_count; i++) {
        struct ledger_finding *other = &ledger->findings[i];
        if (strcmp(other->kind, best->kind) != 0)
            continue;
        if (i < index)
            return NULL;
        if (other->hits > best->hits)
            best = other;
    }
    return best->saved ? best : NULL;
}

void pursue(const struct stress_options *options, struct ledger *ledger, bool (*stop)(void)) {
    struct pursuer pursuer = {.options = options, .stop = stop};
    uint32_t pursued = 0;
    for (uint32_t i = 0; i < ledger->findings_count && pursued < PURSUITS_MAX; i++) {
        struct ledger_finding *finding = chosen(ledger, i);
        if (finding == NULL)
            continue;
        pursue_one(&pursuer, finding);
        pursued++;
        if (pursuer.stopped)
            break;
    }
    strbuf_fini(&pursuer.said);
}

// ---- telling ------------------------------------------------------------------------------------

const char *pursuit_name(enum pursuit_end end) {
    static const char *const names[] = {[PURSUIT_NONE] = "none",
                                        [PURSUIT_VIRTUAL] = "virtual",
                                        [PURSUIT_POSIX] = "posix",
                                        [PURSUIT_GONE] = "gone",
                                        [PURSUIT_FAILED] = "failed"};
    return names[end];
}

void pursuit_text(const struct ledger_pursuit *pursuit, const char *indent, struct strbuf *out) {
    if (pursuit->end == PURSUIT_NONE)
        return;
    strbuf_puts(out, indent);
    if (pursuit->end == PURSUIT_VIRTUAL)
        strbuf_printf(out,
                      "shown in the virtual world, schedule %" PRIu64
                      " of the same plan, as %s: deterministic, %s%" PRIu32 " ops, %" PRIu32
                      " preemptions",
                      pursuit->schedules, pursuit->kind, pursuit->minimal ? "minimal with " : "",
                      pursuit->ops, pursuit->preemptions);
    else
        strbuf_printf(out, "not shown in %" PRIu64 " schedules of the virtual world",
                      pursuit->schedules);
    if (pursuit->end == PURSUIT_POSIX)
        strbuf_printf(out,
                      "; minimised on real threads to %" PRIu32 " ops%s, seen in %" PRIu64
                      " of %" PRIu64 " runs",
                      pursuit->ops, pursuit->minimal ? "" : " (time is over: not minimal)",
                      pursuit->hits, pursuit->runs);
    else if (pursuit->end == PURSUIT_GONE)
        strbuf_puts(out, ", nor again on real threads");
    else if (pursuit->end == PURSUIT_FAILED)
        strbuf_puts(out, "; minimising failed, the messages say why");
    strbuf_puts(out, "\n");
    if (pursuit->story[0] != '\0')
        strbuf_printf(out, "%sstory  %s\n", indent, pursuit->story);
    if (pursuit->replay[0] != '\0')
        strbuf_printf(out, "%sreplay %s\n", indent, pursuit->replay);
}
