#include "verb.h"

#include "json.h"
#include "report.h"
#include "request.h"

#include <stdio.h>
#include <string.h>

static const char help_text[] =
    "usage: gproof replay FILE [OPTIONS]\n"
    "\n"
    "Run one input again: FILE is a workload as bytes or text, or the folder of a finding, which "
    "knows\n"
    "its own mutants. Prints the story, the verdict and the hash of the trace.\n"
    "\n"
    "  --times N         run it so often (default 1); in the virtual world all hashes must be "
    "equal\n"
    "  --trace           print every event\n" REQUEST_HELP_TEXT "\n"
    "examples: gproof replay out/hunt/findings/*      gproof replay corpus/seeds/finalizers.txt "
    "--times "
    "1000\n"
    "exit: 0 no violation, 1 a violation, 2 usage, 3 environment, or not deterministic\n";

struct replay {
    struct request request;
    bool trace;
    const char *file;
    struct workload workload;
    struct subject subject;
    struct trial trial; // that is shown: the first violation, or the first run
    struct strbuf story;
    uint64_t violations, hashes_differ;
};

enum { OPTION_TIMES = 256, OPTION_TRACE };
static const struct option options[] = {{"times", required_argument, NULL, OPTION_TIMES},
                                        {"trace", no_argument, NULL, OPTION_TRACE},
                                        REQUEST_OPTIONS,
                                        {0}};

static bool take(struct replay *replay, int option) {
    if (option == OPTION_TIMES)
        return option_uint("--times", optarg, 1, UINT32_MAX, &replay->request.times);
    if (option == OPTION_TRACE)
        return replay->trace = true;
    return request_take(&replay->request, option);
}

// The trial borrows its trace until the next run: what is shown is made at once.
static void show(struct replay *replay, const struct trial *trial) {
    replay->trial = *trial;
    strbuf_clear(&replay->story);
    if (replay->request.json)
        return;
    struct strbuf line = {0};
    request_replay_command(replay->file, &replay->subject, &line);
    finding_story(&replay->story, &replay->workload, trial, line.text, request_colour(),
                  request_width());
    if (replay->trace) {
        strbuf_puts(&replay->story, "\n");
        report_events(&replay->story, &trial->trace);
    }
    strbuf_fini(&line);
}

static bool run_all(struct replay *replay) {
    struct sandbox_config config = {.subject = &replay->subject,
                                    .judge_every = replay->request.judge_every,
                                    .seed = replay->request.seed};
    struct sandbox *sandbox = sandbox_new(&config);
    bool ok = sandbox != NULL;
    uint64_t first_hash = 0;
    for (uint64_t i = 0; i < replay->request.times && ok; i++) {
        static struct trial trial; // large
        ok = sandbox_run(sandbox, &replay->workload, false, &trial);
        if (!ok)
            break;
        if (i == 0)
            first_hash = trial.hash;
        replay->hashes_differ += trial.hash != first_hash;
        bool violation = trial.verdict.kind == VERDICT_VIOLATION;
        if (i == 0 || (violation && replay->violations == 0))
            show(replay, &trial);
        replay->violations += violation;
    }
    sandbox_free(sandbox);
    return ok;
}

static void print_json(const struct replay *replay) {
    const struct trial *trial = &replay->trial;
    const struct violation *violation =
        trial->verdict.count != 0 ? &trial->verdict.violations[0] : NULL;
    struct strbuf text = {0};
    struct json json;
    char number[20];
    json_init(&json, &text);
    json_object(&json, NULL);
    json_string(&json, "verdict", verdict_kind_name(trial->verdict.kind));
    json_string(&json, "invariant",
                violation != NULL ? invariant_info(violation->invariant)->id : NULL);
    snprintf(number, sizeof number, "%016llx",
             (unsigned long long)(violation != NULL ? violation->signature : 0));
    json_string(&json, "signature", violation != NULL ? number : NULL);
    snprintf(number, sizeof number, "%016llx", (unsigned long long)trial->hash);
    json_string(&json, "trace_hash", number);
    json_uint(&json, "times", replay->request.times);
    json_uint(&json, "violations", replay->violations);
    json_bool(&json, "deterministic", replay->hashes_differ == 0);
    json_string(&json, "world", exec_world());
    json_string(&json, "end", run_end_name(trial->end));
    json_string(&json, "reason", violation != NULL ? violation->reason : NULL);
    json_uint(&json, "steps", trial->steps);
    json_uint(&json, "preemptions", trial->preemptions);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

static void print_text(const struct replay *replay) {
    const struct trial *trial = &replay->trial;
    printf("%s\n", replay->story.text != NULL ? replay->story.text : "");
    printf("verdict: %s", verdict_kind_name(trial->verdict.kind));
    if (trial->verdict.count != 0)
        printf(" of %s, signature %016llx",
               invariant_info(trial->verdict.violations[0].invariant)->id,
               (unsigned long long)trial->verdict.violations[0].signature);
    printf("\nend: %s, %llu scheduling points, %u preemptions\ntrace hash: %016llx\n",
           run_end_name(trial->end), (unsigned long long)trial->steps, trial->preemptions,
           (unsigned long long)trial->hash);
    if (replay->request.times > 1)
        printf("runs: %llu, %llu with a violation\n", (unsigned long long)replay->request.times,
               (unsigned long long)replay->violations);
}

int verb_replay(int argc, char **argv) {
    static struct replay replay; // large, and the verb runs once
    request_init(&replay.request);
    replay.request.judge_every = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == REQUEST_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&replay, option))
            return VERB_USAGE;
    }
    if (optind != argc - 1) {
        fprintf(stderr, "%s: expected one FILE; see --help\n", argv[0]);
        return VERB_USAGE;
    }
    replay.file = argv[optind];
    if (!request_load(&replay.request, replay.file, &replay.workload, &replay.subject))
        return VERB_USAGE;
    if (!run_all(&replay))
        return VERB_ENVIRONMENT;
    if (replay.request.json)
        print_json(&replay);
    else
        print_text(&replay);
    strbuf_fini(&replay.story);
    if (replay.hashes_differ != 0 && strcmp(exec_world(), "virtual") == 0) {
        fprintf(stderr, "not deterministic: %llu of %llu traces differ from the first\n",
                (unsigned long long)replay.hashes_differ, (unsigned long long)replay.request.times);
        return VERB_ENVIRONMENT;
    }
    return replay.violations != 0 ? VERB_VIOLATION : VERB_NOTHING_FOUND;
}
