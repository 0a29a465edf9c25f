#include "verb.h"

#include "campaign.h"
#include "exhaust.h"
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
    "Run one plan under many schedules, or under all. Walks switch at every point (uniform) or\n"
    "seldom (sticky), by priorities of threads (pct) or of operations (pos), give each order of "
    "the\n"
    "operations on one kind of object the same chance (surw), or wish that a read gets the value "
    "of\n"
    "a write, or does not (rf). Counts distinct traces; every violation becomes a finding.\n"
    "\n"
    "  --scheduler S     uniform, sticky, pct, pos, surw, rf or mix of them (default)\n"
    "  --runs N          schedules (default 10000; --exhaustive: no limit)\n"
    "  --time T          at most (default 60s)\n"
    "  --until INVARIANT keep only runs that break it, and stop at the first\n"
    "  --seed N          of the schedules (default: random, printed first)\n"
    "  --out DIR         folder of findings (default out/explore)\n"
    "  --exhaustive      every schedule, but those that only exchange what is independent, so "
    "that\n"
    "                    no thread and no event can tell. Without a bound that ends for tiny "
    "plans\n"
    "  --preemptions N   with --exhaustive: those that set aside at most N threads that could go "
    "on\n"
    "  --chooses         with --exhaustive: also every free choice of the runtime (whom to steal\n"
    "                    from, which case of a select); else each is held at 0, as in a schedule\n"
    "                    that says nothing of them\n" REQUEST_HELP_TEXT "\n"
    "An exhaustive search is complete when nothing is left to run. Then no schedule within the\n"
    "bound breaks a promise: none that a list can say, on the virtual world's clock (a step takes\n"
    "10 ns), and that is fair (who yields waits until all who can go on have had a turn). What "
    "FILE\n"
    "says of a schedule does not count. `traces` are classes of runs: two differ in more than the\n"
    "order of what is independent. `cut` are runs that were given up, since what lay ahead was\n"
    "known. --runs, --time and --until are ceilings: a search that one of them ends is not "
    "complete.\n"
    "\n"
    "examples: gproof explore corpus/seeds/finalizers.txt --runs 100000\n"
    "          gproof explore corpus/regressions/issue-74090.txt --mutant issue-74090 \\\n"
    "              --exhaustive --preemptions 1\n"
    "          gproof explore corpus/seeds/empty.txt --exhaustive --preemptions 2 --chooses\n"
    "exit: 0 nothing found, 1 a violation, 2 usage, 3 environment\n";

enum { HASHES = 1 << 20, FINDINGS_MAX = 32, STICKY_PARAMS = 5, PCT_PARAMS = 5 };
enum walk {
    WALK_UNIFORM,
    WALK_STICKY,
    WALK_PCT,
    WALK_POS,
    WALK_SURW,
    WALK_RF,
    WALK_MIX,
    WALK_COUNT
};

struct explore {
    struct request request;
    enum walk walk;
    uint64_t runs;
    const char *out;
    const char *until; // a promise, or NULL: any, and go on
    bool has_seed, has_runs, has_walk;
    bool exhaustive, chooses;
    uint64_t preemptions; // EXHAUST_UNBOUNDED
    struct exhaust_result exhausted;
    struct workload workload;
    struct subject subject;
    struct sandbox *sandbox;
    struct trial trial;
    uint64_t executions, violations, traces, begin_ns, end_ns;
    uint64_t hashes[HASHES]; // of distinct traces, open addressing; 0 = free
    uint32_t findings_count;
    struct finding findings[FINDINGS_MAX];
};

enum {
    OPTION_SCHEDULER = 256,
    OPTION_RUNS,
    OPTION_OUT,
    OPTION_UNTIL,
    OPTION_EXHAUSTIVE,
    OPTION_PREEMPTIONS,
    OPTION_CHOOSES
};
static const struct option options[] = {
    {"scheduler", required_argument, NULL, OPTION_SCHEDULER},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"out", required_argument, NULL, OPTION_OUT},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"exhaustive", no_argument, NULL, OPTION_EXHAUSTIVE},
    {"preemptions", required_argument, NULL, OPTION_PREEMPTIONS},
    {"chooses", no_argument, NULL, OPTION_CHOOSES},
    REQUEST_OPTIONS,
    {0}};

static bool take(struct explore *explore, int option) {
    static const char *const walks[WALK_COUNT] = {"uniform", "sticky", "pct", "pos",
                                                  "surw",    "rf",     "mix"};
    int index;
    switch (option) {
    case OPTION_SCHEDULER:
        if (!option_word("--scheduler", optarg, walks, WALK_COUNT, &index))
            return false;
        explore->walk = (enum walk)index;
        explore->has_walk = true;
        return true;
    case OPTION_EXHAUSTIVE:
        explore->exhaustive = true;
        return true;
    case OPTION_PREEMPTIONS:
        return option_uint("--preemptions", optarg, 0, EXHAUST_PREEMPTIONS_MAX,
                           &explore->preemptions);
    case OPTION_CHOOSES:
        explore->chooses = true;
        return true;
    case OPTION_RUNS:
        explore->has_runs = true;
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
    } else if (walk == WALK_POS) {
        schedule.mode = SCHEDULE_POS;
    } else if (walk == WALK_SURW) {
        schedule.mode = SCHEDULE_SURW;
    } else if (walk == WALK_RF) {
        schedule.mode = SCHEDULE_RF;
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

static void run_walks(struct explore *explore, uint64_t end_ns, bool *ok) {
    for (uint64_t run = 0; *ok && run < explore->runs && clock_ns() < end_ns; run++) {
        struct workload workload = explore->workload;
        workload.schedule = schedule_of(explore, run);
        workload_canonicalize(&workload);
        *ok = sandbox_run(explore->sandbox, &workload, false, &explore->trial);
        if (!*ok)
            break;
        explore->executions++;
        count_trace(explore, explore->trial.hash);
        const struct verdict *verdict = &explore->trial.verdict;
        if (verdict->kind != VERDICT_VIOLATION || verdict->count == 0)
            continue;
        explore->violations++;
        if (is_wanted(explore, verdict))
            *ok = keep(explore, &workload);
        if (explore->until != NULL && explore->findings_count != 0)
            break;
    }
}

// ---- every schedule -----------------------------------------------------------------------------

static bool search_wants(void *user, const struct verdict *verdict) {
    return is_wanted(user, verdict);
}

static bool search_found(void *user, const struct workload *listed) {
    struct explore *explore = user;
    explore->executions = explore->exhausted.executions;
    if (listed == NULL)
        fprintf(stderr, "a run breaks a promise, but takes more than %d decisions: not kept\n",
                WORKLOAD_ENTRIES_MAX);
    else if (!keep(explore, listed))
        return false;
    return explore->until == NULL || explore->findings_count == 0;
}

static bool run_search(struct explore *explore, uint64_t end_ns) {
    const struct exhaust_config config = {
        .subject = &explore->subject,
        .workload = &explore->workload,
        .judge_every = explore->request.judge_every,
        .preemptions = (uint32_t)explore->preemptions,
        .chooses = explore->chooses,
        .runs_max = explore->has_runs ? explore->runs : UINT64_MAX,
        .end_ns = end_ns,
        .wants = search_wants,
        .found = search_found,
        .user = explore,
    };
    bool ok = exhaust(&config, &explore->exhausted);
    explore->executions = explore->exhausted.executions;
    explore->traces = explore->exhausted.traces;
    explore->violations = explore->exhausted.violations;
    return ok;
}

static bool run_all(struct explore *explore) {
    struct sandbox_config config = {.subject = &explore->subject,
                                    .judge_every = explore->request.judge_every,
                                    .seed = explore->request.seed};
    explore->sandbox = sandbox_new(&config);
    bool ok = explore->sandbox != NULL;
    explore->begin_ns = clock_ns();
    uint64_t end_ns = explore->begin_ns + (uint64_t)(explore->request.seconds * 1e9);
    if (ok && explore->exhaustive)
        ok = run_search(explore, end_ns);
    else if (ok)
        run_walks(explore, end_ns, &ok);
    explore->end_ns = clock_ns();
    sandbox_free(explore->sandbox);
    return ok;
}

static void print_search(const struct explore *explore) {
    const struct exhaust_result *result = &explore->exhausted;
    printf(
        "%llu runs were given up, since what lay ahead was known; the longest took %u decisions; "
        "free choices %s\n",
        (unsigned long long)result->cut, result->depth,
        explore->chooses ? "explored" : "held at 0");
    if (result->complete && explore->preemptions == EXHAUST_UNBOUNDED)
        printf("complete: every schedule\n");
    else if (result->complete)
        printf("complete: every schedule with at most %u preemptions\n", result->preemptions);
    else if (explore->preemptions == EXHAUST_UNBOUNDED)
        printf("not complete: %s\n", result->gap);
    else
        printf("not complete, at %u preemptions: %s\n", result->preemptions, result->gap);
}

static void put_search(struct json *json, const struct explore *explore) {
    const struct exhaust_result *result = &explore->exhausted;
    json_bool(json, "complete", result->complete);
    if (result->gap != NULL)
        json_string(json, "gap", result->gap);
    json_uint(json, "cut", result->cut);
    json_uint(json, "depth", result->depth);
    json_string(json, "chooses", explore->chooses ? "explored" : "held");
    if (explore->preemptions != EXHAUST_UNBOUNDED)
        json_uint(json, "preemptions", result->preemptions);
}

static void print(const struct explore *explore) {
    double seconds = (double)(explore->end_ns - explore->begin_ns) / 1e9;
    if (!explore->request.json) {
        printf("%llu runs in %.1f s: %llu distinct traces, %llu violations, %u findings\n",
               (unsigned long long)explore->executions, seconds,
               (unsigned long long)explore->traces, (unsigned long long)explore->violations,
               explore->findings_count);
        if (explore->exhaustive)
            print_search(explore);
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
    if (explore->exhaustive)
        put_search(&json, explore);
    json_array(&json, "findings");
    for (uint32_t i = 0; i < explore->findings_count; i++)
        finding_put_json(&json, &explore->findings[i]);
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

static bool options_fit(const struct explore *explore, const char *name) {
    bool bounded = explore->preemptions != EXHAUST_UNBOUNDED;
    if (!explore->exhaustive && (bounded || explore->chooses))
        fprintf(stderr, "%s: --preemptions and --chooses need --exhaustive\n", name);
    else if (explore->exhaustive && explore->has_walk)
        fprintf(stderr, "%s: --exhaustive needs no --scheduler: it takes all schedules\n", name);
    else
        return !explore->exhaustive || exhaust_possible();
    return false;
}

int verb_explore(int argc, char **argv) {
    static struct explore explore; // large, and the verb runs once
    explore.walk = WALK_MIX;
    explore.runs = 10000;
    explore.out = "out/explore";
    explore.preemptions = EXHAUST_UNBOUNDED;
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
    if (!options_fit(&explore, argv[0]))
        return VERB_USAGE;
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
