#include "verb.h"

#include "json.h"
#include "request.h"
#include "text.h"
#include "triage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
    "usage: gproof minimize FILE... [OPTIONS]\n"
    "\n"
    "Group inputs by the signature of what they break, and shrink plan and schedule of the "
    "smallest of\n"
    "each group together until nothing single can go. Writes FILE.min (bytes) and FILE.min.txt.\n"
    "\n"
    "  --out DIR         write INVARIANT-SIGNATURE.min and .min.txt into this folder instead\n"
    "  --time T          for one group (default 60s)\n" REQUEST_HELP_TEXT "\n"
    "example: gproof minimize --mutant issue-74090 --out small crashes/*\n"
    "exit: 0 every input was minimised, 1 some input breaks nothing, 2 usage, 3 environment\n";

enum { GROUPS_MAX = 256 };

struct group {
    struct finding finding;
    struct subject subject;
    const char *file; // of the smallest input
    uint32_t inputs;
    struct strbuf bytes, text; // names of what was written
};

struct minimize {
    struct request request;
    const char *out;
    uint32_t silent; // inputs that break nothing
    uint32_t groups_count;
    struct group groups[GROUPS_MAX];
};

enum { OPTION_OUT = 256 };
static const struct option options[] = {
    {"out", required_argument, NULL, OPTION_OUT}, REQUEST_OPTIONS, {0}};

static bool triage(const struct minimize *minimize, const struct subject *subject,
                   const struct workload *workload, bool shrink, struct finding *finding,
                   enum triage_result *result) {
    static struct trial trial; // large
    struct sandbox_config config = {.subject = subject,
                                    .judge_every = minimize->request.judge_every,
                                    .seed = minimize->request.seed};
    struct triage_config triage_config = {.sandbox = sandbox_new(&config),
                                          .seconds_max = minimize->request.seconds,
                                          .minimize = shrink};
    if (triage_config.sandbox == NULL)
        return false;
    *finding = (struct finding){0};
    *result = triage_run(&triage_config, workload, finding, &trial);
    sandbox_free(triage_config.sandbox);
    return *result != TRIAGE_ENVIRONMENT;
}

// Add an input to the group of what it breaks.
static int group_input(struct minimize *minimize, const char *file) {
    struct workload workload;
    struct subject subject;
    static struct finding finding;
    enum triage_result result;
    if (!request_load(&minimize->request, file, &workload, &subject))
        return VERB_USAGE;
    if (!triage(minimize, &subject, &workload, false, &finding, &result))
        return VERB_ENVIRONMENT;
    if (result == TRIAGE_NOT_DETERMINISTIC) {
        fprintf(stderr, "%s: not deterministic\n", file);
        return VERB_ENVIRONMENT;
    }
    if (result == TRIAGE_NOT_REPRODUCED) {
        fprintf(stderr, "%s: breaks nothing in %u runs\n", file, finding.replays);
        minimize->silent++;
        return VERB_NOTHING_FOUND;
    }
    struct group *group = minimize->groups, *end = group + minimize->groups_count;
    while (group < end && !(group->finding.invariant == finding.invariant &&
                            group->finding.signature == finding.signature))
        group++;
    if (group == end && minimize->groups_count++ == GROUPS_MAX) {
        fprintf(stderr, "more than %d different findings\n", GROUPS_MAX);
        return VERB_USAGE;
    }
    if (group->inputs++ == 0 || finding.ops < group->finding.ops) {
        group->finding = finding;
        group->subject = subject;
        group->file = file;
    }
    return VERB_NOTHING_FOUND;
}

static int write_group(const struct minimize *minimize, struct group *group) {
    const char *id = invariant_info(group->finding.invariant)->id;
    if (minimize->out != NULL)
        strbuf_printf(&group->bytes, "%s/%s-%08llx.min", minimize->out, id,
                      (unsigned long long)(group->finding.signature >> 32));
    else
        strbuf_printf(&group->bytes, "%s.min", group->file);
    strbuf_printf(&group->text, "%s.txt", group->bytes.text);
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    size_t size = workload_encode(&group->finding.workload, bytes, sizeof bytes);
    int error = file_write(group->bytes.text, bytes, size);
    char *text = malloc(2 * WORKLOAD_TEXT_MAX);
    if (error == 0 && text == NULL)
        error = ENOMEM;
    if (error == 0) {
        size = workload_print(&group->finding.workload,
                              invariant_info(group->finding.invariant)->sentence, text,
                              2 * WORKLOAD_TEXT_MAX);
        error = file_write(group->text.text, text, size);
    }
    free(text);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", group->bytes.text, strerror(error));
    return error == 0 ? VERB_NOTHING_FOUND : VERB_ENVIRONMENT;
}

static int shrink_group(const struct minimize *minimize, struct group *group) {
    struct workload workload = group->finding.workload;
    enum triage_result result;
    if (!triage(minimize, &group->subject, &workload, true, &group->finding, &result))
        return VERB_ENVIRONMENT;
    if (result != TRIAGE_REPRODUCED) {
        fprintf(stderr, "%s: does not break the same any more\n", group->file);
        return VERB_ENVIRONMENT;
    }
    return write_group(minimize, group);
}

static void print_json(const struct minimize *minimize) {
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_array(&json, "groups");
    for (uint32_t i = 0; i < minimize->groups_count; i++) {
        const struct group *group = &minimize->groups[i];
        char signature[20];
        snprintf(signature, sizeof signature, "%016llx",
                 (unsigned long long)group->finding.signature);
        json_object(&json, NULL);
        json_string(&json, "signature", signature);
        json_string(&json, "invariant", invariant_info(group->finding.invariant)->id);
        json_uint(&json, "inputs", group->inputs);
        json_uint(&json, "ops", group->finding.ops);
        json_uint(&json, "preemptions", group->finding.preemptions);
        json_string(&json, "bytes", group->bytes.text);
        json_string(&json, "text", group->text.text);
        json_real(&json, "seconds", group->finding.minimize_seconds);
        json_bool(&json, "minimal", group->finding.minimal);
        json_uint(&json, "tries", group->finding.tries);
        json_uint(&json, "hits", group->finding.hits);
        json_uint(&json, "replays", group->finding.replays);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_uint(&json, "silent", minimize->silent);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

static void print_text(const struct minimize *minimize) {
    for (uint32_t i = 0; i < minimize->groups_count; i++) {
        const struct group *group = &minimize->groups[i];
        printf("%s %016llx: %u inputs, %u ops and %u preemptions left after %u tries%s\n  %s\n",
               invariant_info(group->finding.invariant)->id,
               (unsigned long long)group->finding.signature, group->inputs, group->finding.ops,
               group->finding.preemptions, group->finding.tries,
               group->finding.minimal ? "" : " (time is over: not minimal)", group->text.text);
    }
}

static int run(struct minimize *minimize, int count, char **files) {
    int code = VERB_NOTHING_FOUND;
    for (int i = 0; i < count && code == VERB_NOTHING_FOUND; i++)
        code = group_input(minimize, files[i]);
    for (uint32_t i = 0; i < minimize->groups_count && code == VERB_NOTHING_FOUND; i++)
        code = shrink_group(minimize, &minimize->groups[i]);
    if (code != VERB_NOTHING_FOUND)
        return code;
    if (minimize->request.json)
        print_json(minimize);
    else
        print_text(minimize);
    for (uint32_t i = 0; i < minimize->groups_count; i++) {
        strbuf_fini(&minimize->groups[i].bytes);
        strbuf_fini(&minimize->groups[i].text);
    }
    return minimize->silent != 0 ? VERB_VIOLATION : VERB_NOTHING_FOUND;
}

int verb_minimize(int argc, char **argv) {
    struct minimize *minimize = calloc(1, sizeof *minimize);
    if (minimize == NULL) {
        perror(argv[0]);
        return VERB_ENVIRONMENT;
    }
    request_init(&minimize->request);
    int code = -1;
    for (int option; code < 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == REQUEST_HELP) {
            fputs(help_text, stdout);
            code = VERB_NOTHING_FOUND;
        } else if (option == OPTION_OUT) {
            minimize->out = optarg;
        } else if (!request_take(&minimize->request, option)) {
            code = VERB_USAGE;
        }
    }
    int error = code < 0 && minimize->out != NULL ? folder_create(minimize->out) : 0;
    if (code < 0 && optind == argc) {
        fprintf(stderr, "%s: expected a FILE; see --help\n", argv[0]);
        code = VERB_USAGE;
    } else if (error != 0) {
        fprintf(stderr, "%s: %s\n", minimize->out, strerror(error));
        code = VERB_ENVIRONMENT;
    }
    if (code < 0)
        code = run(minimize, argc - optind, argv + optind);
    free(minimize);
    return code;
}
