#include "verb.h"

#include "campaign.h"
#include "json.h"
#include "request.h"
#include "rng.h"
#include "triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "usage: gproof explore FILE [OPTIONS]\n"
    "\n"
    "Run one plan under many schedules: random walks that switch at every point (uniform), seldom\n"
    "(sticky) or by priorities (pct). Counts distinct traces; every violation becomes a finding.\n"
    "\n"
    "  --scheduler S     uniform, sticky, pct or mix (default mix)\n"
    "  --runs N          schedules (default 10000)\n"
    "  --time T          at most (default 60s)\n"
    "  --until INVARIANT keep only runs that break it, and stop at the first\n"
    "  --seed N          of the schedules (default: random, printed first)\n"
    "  --out DIR         folder of findings (default out/explore)\n" REQUEST_HELP_TEXT "\n"
    "example: gproof explore corpus/seeds/finalizers.txt --runs 100000\n"
    "exit: 0 nothing found, 1 a violation, 2 usage, 3 environment\n";

enum { HASHES = 1 << 20, FINDINGS_MAX = 32, STICKY_PARAMS = 5, PCT_PARAMS = 5 };
enum walk { WALK_UNIFORM, WALK_STICKY, WALK_PCT, WALK_MIX, WALK_COUNT };

struct explore {
    struct request request;
    enum walk walk;
    uint64_t runs;
    const char *out;
    const char *until; // a promise, or NULL: any, and go on
    bool has_seed;
    struct workload workload;
    struct subject subject;
    struct sandbox *sandbox;
    struct trial trial;
    uint64_t executions, violations, traces, begin_ns, end_ns;
    uint64_t hashes[HASHES]; // of distinct traces, open addressing; 0 = free
    uint32_t findings_count;
    struct finding findings[FINDINGS_MAX];
};

enum { OPTION_SCHEDULER = 256, OPTION_RUNS, OPTION_OUT, OPTION_UNTIL };
static const struct option options[] = {{"scheduler", required_argument, NULL, OPTION_SCHEDULER},
                                        {"runs", required_argument, NULL, OPTION_RUNS},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"until", required_argument, NULL, OPTION_UNTIL},
                                        REQUEST_OPTIONS,
                                        {0}};

static bool take(struct explore *explore, int option) {
    static const char *const walks[WALK_COUNT] = {"uniform", "sticky", "pct", "mix"};
    int index;
    switch (option) {
    case OPTION_SCHEDULER:
        if (!option_word("--scheduler", optarg, walks, WALK_COUNT, &index))
            return false;
        explore->walk = (enum walk)index;
        return true;
    case OPTION_RUNS:
        return option_uint("--runs", optarg, 1, UINT64_MAX, &explore->runs);
    case OPTION_OUT:
        explore->out = optarg;
        return true;
    case OPTION_UNTIL:
        return option_invariant("--until", optarg, &explore->until);
    case REQUEST_SEED:
        explore->has_seed = true;
        return request_take(&explore->request, option);
    default:
        return request_take(&explore->request, option);
    }
}

static struct workload_schedule schedule_of(const struct explore *explore, uint64_t run) {
    struct rng rng = rng_seeded(explore->request.seed + run);
    struct workload_schedule schedule = {.seed = (uint32_t)rng_next(&rng)};
    enum walk walk = explore->walk == WALK_MIX ? (enum walk)(run % WALK_MIX) : explore->walk;
    if (walk == WALK_UNIFORM) {
        schedule.mode = SCHEDULE_UNIFORM;
    } else if (walk == WALK_STICKY) {
        schedule.mode = SCHEDULE_STICKY;
        schedule.param = (uint8_t)(4u << rng_below(&rng, STICKY_PARAMS));
    } else {
        schedule.mode = SCHEDULE_PCT;
        schedule.param = (uint8_t)(1 + rng_below(&rng, PCT_PARAMS));
    }
    return schedule;
}

// Distinct traces, exact until the table is three quarters full.
static void count_trace(struct explore *explore, uint64_t hash) {
    hash += hash == 0;
    if (explore->traces >= HASHES / 4 * 3)
        return;
    uint64_t at = hash % HASHES;
    while (explore->hashes[at] != 0 && explore->hashes[at] != hash)
        at = (at + 1) % HASHES;
    explore->traces += explore->hashes[at] == 0;
    explore->hashes[at] = hash;
}

// Is this what is looked for, and not found yet?
static bool is_wanted(const struct explore *explore, const struct verdict *verdict) {
    const struct violation *violation = &verdict->violations[0];
    if (explore->until != NULL && !verdict_breaks(verdict, invariant_parse(explore->until)))
        return false;
    for (uint32_t i = 0; i < explore->findings_count; i++)
        if (explore->findings[i].invariant == violation->invariant &&
            explore->findings[i].signature == violation->signature)
            return false;
    return explore->findings_count < FINDINGS_MAX;
}

static bool keep(struct explore *explore, const struct workload *workload) {
    struct finding *finding = &explore->findings[explore->findings_count];
    *finding = (struct finding){.executions = explore->executions,
                                .seconds = (double)(clock_ns() - explore->begin_ns) / 1e9};
    struct triage_config triage = {
        .sandbox = explore->sandbox, .seconds_max = 60, .minimize = true};
    enum triage_result result = triage_run(&triage, workload, finding, &explore->trial);
    if (result == TRIAGE_NOT_REPRODUCED)
        return true;
    if (result != TRIAGE_REPRODUCED) {
        fputs("a run could not be repeated: the harness itself is at fault\n", stderr);
        return false;
    }
    struct strbuf folder = {0};
    strbuf_printf(&folder, "%s/findings", explore->out);
    int error = finding_save(finding, folder.text, &explore->subject, &explore->trial);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", folder.text, strerror(error));
    strbuf_fini(&folder);
    explore->findings_count++;
    if (error == 0 && !explore->request.json) {
        struct strbuf story = {0}, replay = {0};
        finding_replay_command(finding->folder, &replay);
        finding_story(&story, &finding->workload, &explore->trial, replay.text, request_colour(),
                      request_width());
        printf("%s\n", story.text);
        strbuf_fini(&story);
        strbuf_fini(&replay);
    }
    return error == 0;
}

static bool run_all(struct explore *explore) {
    struct sandbox_config config = {.subject = &explore->subject,
                                    .judge_every = explore->request.judge_every,
                                    .seed = explore->request.seed};
    explore->sandbox = sandbox_new(&config);
    bool ok = explore->sandbox != NULL;
    explore->begin_ns = clock_ns();
    uint64_t end_ns = explore->begin_ns + (uint64_t)(explore->request.seconds * 1e9);
    for (uint64_t run = 0; ok && run < explore->runs && clock_ns() < end_ns; run++) {
        struct workload workload = explore->workload;
        workload.schedule = schedule_of(explore, run);
        workload_canonicalize(&workload);
        ok = sandbox_run(explore->sandbox, &workload, false, &explore->trial);
        if (!ok)
            break;
        explore->executions++;
        count_trace(explore, explore->trial.hash);
        const struct verdict *verdict = &explore->trial.verdict;
        if (verdict->kind != VERDICT_VIOLATION || verdict->count == 0)
            continue;
        explore->violations++;
        if (is_wanted(explore, verdict))
            ok = keep(explore, &workload);
        if (explore->until != NULL && explore->findings_count != 0)
            break;
    }
    explore->end_ns = clock_ns();
    sandbox_free(explore->sandbox);
    return ok;
}

static void print(const struct explore *explore) {
    double seconds = (double)(explore->end_ns - explore->begin_ns) / 1e9;
    if (!explore->request.json) {
        printf("%llu runs in %.1f s: %llu distinct traces, %llu violations, %u findings\n",
               (unsigned long long)explore->executions, seconds,
               (unsigned long long)explore->traces, (unsigned long long)explore->violations,
               explore->findings_count);
        return;
    }
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_uint(&json, "seed", explore->request.seed);
    json_uint(&json, "executions", explore->executions);
    json_real(&json, "seconds", seconds);
    json_bool(&json, "blind", explore->executions == 0);
    json_uint(&json, "traces", explore->traces);
    json_uint(&json, "violations", explore->violations);
    json_array(&json, "findings");
    for (uint32_t i = 0; i < explore->findings_count; i++)
        finding_put_json(&json, &explore->findings[i]);
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

int verb_explore(int argc, char **argv) {
    static struct explore explore; // large, and the verb runs once
    explore.walk = WALK_MIX;
    explore.runs = 10000;
    explore.out = "out/explore";
    request_init(&explore.request);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == REQUEST_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&explore, option))
            return VERB_USAGE;
    }
    if (optind != argc - 1) {
        fprintf(stderr, "%s: expected one FILE; see --help\n", argv[0]);
        return VERB_USAGE;
    }
    if (!explore.has_seed)
        explore.request.seed = option_random_seed();
    fprintf(explore.request.json ? stderr : stdout, "seed %llu\n",
            (unsigned long long)explore.request.seed);
    if (!request_load(&explore.request, argv[optind], &explore.workload, &explore.subject))
        return VERB_USAGE;
    if (!run_all(&explore))
        return VERB_ENVIRONMENT;
    print(&explore);
    return explore.findings_count != 0 ? VERB_VIOLATION : VERB_NOTHING_FOUND;
}
