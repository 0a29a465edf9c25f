#include "campaign_impl.h"

#include "canary.h"
#include "generate.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    POLL_MS = 20,
    BARREN_MAX = 3,      // deaths in a row without an execution
    SILENT_SECONDS = 30, // without a first execution: blind
    AFL_SEEDS = 8,
    OPEN_FOLDERS = 16,
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    if (interrupted)
        _exit(130); // the second time: at once; the kernel ends the workers
    interrupted = 1;
}

void campaign_stop(struct campaign *campaign, enum campaign_end end, const char *why, ...) {
    if (campaign->over)
        return;
    campaign->over = true;
    campaign->result->end = end;
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(campaign->result->why, sizeof campaign->result->why, why, arguments);
    va_end(arguments);
}

// ---- folders ------------------------------------------------------------------------------------

static int remove_one(const char *name, const struct stat *status, int type, struct FTW *at) {
    (void)status, (void)type, (void)at;
    remove(name);
    return 0;
}

void campaign_remove(const char *folder) {
    nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static bool make(struct campaign *campaign, char *name, const char *parent, const char *child) {
    int length = snprintf(name, FINDING_PATH_MAX, "%s/%s", parent, child);
    int error = length < 0 || length >= FINDING_PATH_MAX ? ENAMETOOLONG : folder_create(name);
    if (error != 0)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s/%s: %s", parent, child, strerror(error));
    return error == 0;
}

// Two campaigns in one folder would take each other's findings.
static bool lock_out(struct campaign *campaign) {
    struct strbuf name = {0};
    int error = folder_create(campaign->config->out);
    strbuf_printf(&name, "%s/.lock", campaign->config->out);
    if (error == 0) {
        campaign->lock = open(name.text, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (campaign->lock < 0 || flock(campaign->lock, LOCK_EX | LOCK_NB) != 0)
            error = errno;
    }
    if (error != 0)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s: %s", campaign->config->out,
                      error == EWOULDBLOCK ? "another campaign runs in this folder"
                                           : strerror(error));
    strbuf_fini(&name);
    return error == 0;
}

// afl-fuzz wants seeds; a few generated ones serve.
static bool write_seeds(struct campaign *campaign) {
    char folder[FINDING_PATH_MAX];
    if (!make(campaign, folder, campaign->work, "seeds"))
        return false;
    struct rng rng = rng_seeded(campaign->config->seed);
    int error = 0;
    for (int i = 0; i < AFL_SEEDS && error == 0; i++) {
        struct workload workload;
        uint8_t bytes[WORKLOAD_BYTES_MAX];
        struct strbuf name = {0};
        workload_generate(&workload, &rng);
        size_t size = workload_encode(&workload, bytes, sizeof bytes);
        strbuf_printf(&name, "%s/seed%d", folder, i);
        error = file_write(name.text, bytes, size);
        strbuf_fini(&name);
    }
    if (error != 0)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s: %s", folder, strerror(error));
    return error == 0;
}

static bool prepare_folders(struct campaign *campaign) {
    const struct campaign_config *config = campaign->config;
    char nothing[FINDING_PATH_MAX];
    if (!lock_out(campaign))
        return false;
    // What an earlier campaign could not clean up: temporary files and boards. Raw findings stay.
    snprintf(nothing, sizeof nothing, "%s/work/tmp", config->out);
    campaign_remove(nothing);
    snprintf(nothing, sizeof nothing, "%s/report.json", config->out); // another campaign's
    unlink(nothing);
    if (config->fresh) {
        const char *const stale[] = {"corpus", "raw", "work"};
        for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++) {
            snprintf(nothing, sizeof nothing, "%s/%s", config->out, stale[i]);
            if (i != 0 || config->corpus == NULL)
                campaign_remove(nothing);
        }
    }
    if (!make(campaign, campaign->raw, config->out, "raw") ||
        !make(campaign, campaign->findings, config->out, "findings") ||
        !make(campaign, campaign->work, config->out, "work") ||
        !make(campaign, campaign->temporary, campaign->work, "tmp") ||
        !make(campaign, nothing, campaign->work, "crashes"))
        return false;
    if (config->corpus == NULL)
        return make(campaign, campaign->corpus, config->out, "corpus");
    snprintf(campaign->corpus, sizeof campaign->corpus, "%s", config->corpus);
    return true;
}

// ---- workers ------------------------------------------------------------------------------------

static void prepare_workers(struct campaign *campaign) {
    const struct campaign_config *config = campaign->config;
    campaign->task = (struct worker_task){.subject = &config->subject,
                                          .findings = campaign->raw,
                                          .temporary = campaign->temporary,
                                          .uniform = config->uniform};
    for (uint32_t i = 0; i < config->workers; i++) {
        struct worker *worker = &campaign->workers[i];
        worker->order = (struct engine_order){
            .engine = config->engines[i % (uint32_t)config->engines_count],
            .folder = config->engine_folder,
            .corpus = campaign->corpus,
            .work = campaign->work,
            .index = i / (uint32_t)config->engines_count,
            .seed = config->seed + i,
            .bytes = config->bytes,
            .uniform_ops = config->uniform_ops,
        };
        snprintf(worker->board_file, sizeof worker->board_file, "%.900s/board-%u", campaign->work,
                 i);
        snprintf(worker->log_file, sizeof worker->log_file, "%.900s/log-%u", campaign->work, i);
        if (worker->order.engine == ENGINE_AFL && !write_seeds(campaign))
            return;
    }
}

static void start_workers(struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->config->workers && !campaign->over; i++)
        if (campaign->workers[i].pid == 0 && !worker_start(&campaign->workers[i], &campaign->task))
            campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "a worker could not be started");
}

static void stop_workers(struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->config->workers; i++)
        worker_stop(&campaign->workers[i]);
}

// Starting it again would not help: say why in its own words.
static void give_up_on(struct campaign *campaign, const struct worker *worker, const char *what,
                       const char *reason) {
    struct strbuf words = {0};
    worker_last_words(worker, &words);
    campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "engine %s %s (%s); its last words:\n%s",
                  engine_name(worker->order.engine), what, reason,
                  words.size != 0 ? words.text : "(none)");
    strbuf_fini(&words);
}

// A worker that died is a finding, if the run did it, and is started again.
static void watch_workers(struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->config->workers && !campaign->over; i++) {
        struct worker *worker = &campaign->workers[i];
        char reason[64];
        enum worker_state state = worker_poll(worker, reason);
        if (state == WORKER_RUNS)
            continue;
        if (state == WORKER_LOST) {
            campaign->result->lost++;
        } else {
            campaign->result->restarts += state == WORKER_DIED;
            campaign_save_crash(campaign, worker);
        }
        if (state == WORKER_REFUSES)
            give_up_on(campaign, worker, "cannot work", reason);
        else if (worker->barren >= BARREN_MAX)
            give_up_on(campaign, worker, "dies again and again", reason);
        else if (!worker_start(worker, &campaign->task))
            campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "a worker could not be started again");
    }
}

// ---- the loop -----------------------------------------------------------------------------------

bool campaign_has_enough(const struct campaign *campaign) {
    const struct campaign_config *config = campaign->config;
    const struct campaign_result *result = campaign->result;
    if (config->findings_max != 0 && result->findings_count >= config->findings_max)
        return true;
    for (uint32_t i = 0; i < result->findings_count; i++)
        if (result->findings[i].invariant == config->until)
            return true;
    if (config->until_listed && result->broken[config->until] != 0)
        return true;
    return result->findings_count == CAMPAIGN_FINDINGS_MAX;
}

double campaign_left(const struct campaign *campaign) {
    double elapsed = (double)(clock_ns() - campaign->begin_ns) / 1e9;
    return campaign->config->seconds - elapsed;
}

static void hourly_canary(struct campaign *campaign) {
    const struct campaign_config *config = campaign->config;
    if (config->canary_every <= 0 ||
        (double)(clock_ns() - campaign->canary_ns) < config->canary_every * 1e9)
        return;
    campaign_clear_line(campaign);
    char why[256];
    enum campaign_end end = canary_check(config, why, sizeof why, NULL);
    if (end != CAMPAIGN_ENOUGH)
        campaign_stop(campaign, end, "%s", why);
    campaign->canary_ns = clock_ns();
}

static void look_after_findings(struct campaign *campaign) {
    if (!campaign_has_raw(campaign))
        return;
    // When this may be the last one wanted, the workers need not run on while it is minimised.
    bool pause = campaign->config->findings_max != 0 || campaign->config->until != INVARIANT_COUNT;
    if (pause)
        stop_workers(campaign);
    campaign_take_raw(campaign);
    if (campaign_has_enough(campaign))
        campaign_stop(campaign, CAMPAIGN_ENOUGH, "%s", "");
    else if (pause && !campaign->over)
        start_workers(campaign);
}

static void loop(struct campaign *campaign) {
    while (!campaign->over) {
        poll(NULL, 0, POLL_MS);
        watch_workers(campaign);
        look_after_findings(campaign);
        campaign_sum(campaign);
        campaign_status(campaign);
        if (campaign->config->until_listed && !campaign_has_raw(campaign) &&
            campaign_has_enough(campaign))
            campaign_stop(campaign, CAMPAIGN_ENOUGH, "%s", "");
        hourly_canary(campaign);
        if (interrupted)
            campaign_stop(campaign, CAMPAIGN_INTERRUPTED, "%s", "");
        uint64_t runs_max = campaign->config->runs_max;
        double left = campaign_left(campaign);
        if (left <= 0 || (runs_max != 0 && campaign->result->executions >= runs_max))
            campaign_stop(campaign, CAMPAIGN_TIME, "%s", "");
        if (campaign->result->executions == 0 && campaign->config->seconds - left >= SILENT_SECONDS)
            campaign_stop(campaign, CAMPAIGN_BLIND, "no execution within %d s", SILENT_SECONDS);
    }
}

static void finish(struct campaign *campaign) {
    stop_workers(campaign);
    campaign->closing_ns = clock_ns();
    if (campaign->result->end != CAMPAIGN_ENVIRONMENT && campaign->result->end != CAMPAIGN_ENOUGH)
        campaign_take_raw(campaign); // what was left in the last moments
    campaign_sum(campaign);
    campaign_clear_line(campaign);
    if (campaign->result->executions == 0 && campaign->result->end == CAMPAIGN_TIME) {
        campaign->result->end = CAMPAIGN_BLIND;
        snprintf(campaign->result->why, sizeof campaign->result->why,
                 "the workers executed nothing");
    }
    for (uint32_t i = 0; i < campaign->config->workers; i++)
        worker_fini(&campaign->workers[i]);
}

void campaign_run(const struct campaign_config *config, struct campaign_result *result) {
    struct campaign *campaign = calloc(1, sizeof *campaign);
    *result = (struct campaign_result){.end = CAMPAIGN_ENVIRONMENT, .why = "no memory"};
    if (campaign == NULL)
        return;
    campaign->config = config;
    campaign->result = result;
    campaign->lock = -1;
    campaign->is_tty = isatty(STDERR_FILENO);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct sigaction action = {.sa_handler = on_interrupt}, old_int, old_term;
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    struct sandbox_config sandbox = {
        .subject = &config->subject, .judge_every = RUNNER_JUDGE_EVERY, .seed = config->seed};
    campaign->sandbox = sandbox_new(&sandbox);
    campaign->begin_ns = campaign->canary_ns = campaign->status_ns = campaign->file_ns = clock_ns();
    if (campaign->sandbox == NULL)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "no sandbox");
    else if (prepare_folders(campaign))
        prepare_workers(campaign);
    if (!campaign->over)
        start_workers(campaign);
    loop(campaign);
    finish(campaign);
    sandbox_free(campaign->sandbox);
    if (campaign->lock >= 0)
        close(campaign->lock);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    free(campaign);
}
