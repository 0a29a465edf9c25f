#include "supervisor.h"

#include "assert.h"
#include "plant.h"
#include "pursuit.h"
#include "runner.h"
#include "stress_worker.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 500,
    LINE_SECONDS = 60,       // between lines of progress when stderr is no terminal
    CANARY_SECONDS = 60,     // that a canary may take
    SENSITIVITY_RUNS = 2000, // that golang/go#74090 may take; it shows in a third of them
    CANARY_EVERY = 3600,     // seconds between looks whether the campaign still sees
    GRACE_MS = 10000,        // beyond the watchdog, before a worker is ended from outside
};

// Fires the canary mutant's check on its first run.
static const char canary_text[] = "gproof 1\n"
                                  "chan c0 1\n"
                                  "body main\n"
                                  "  close c0\n"
                                  "  close c0\n";

struct supervisor {
    struct worker_config worker;
    sigset_t signals; // SIGCHLD, SIGINT, SIGTERM, SIGHUP: taken by sigtimedwait, never delivered
    sigset_t before;  // the mask of the caller, and of workers
    uint64_t line_ns; // of the last line of progress
    uint64_t moved_ns, moved_executions; // when the worker last began a run
    bool quiet;                          // a canary: no progress
};

// ---- one worker ---------------------------------------------------------------------------------

static pid_t start_worker(const struct supervisor *supervisor) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the line above
        _exit(WORKER_TROUBLE);
    sigprocmask(SIG_SETMASK, &supervisor->before, NULL);
    _exit(stress_worker_run(&supervisor->worker));
}

// End the worker and whatever it started.
static void end_worker(pid_t pid) {
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
}

static void show_progress(struct supervisor *supervisor) {
    const struct ledger *ledger = supervisor->worker.ledger;
    bool terminal = isatty(STDERR_FILENO);
    uint64_t now = clock_ns();
    if (supervisor->quiet ||
        (!terminal && now - supervisor->line_ns < LINE_SECONDS * (uint64_t)1000000000))
        return;
    supervisor->line_ns = now;
    double seconds = ledger_seconds(ledger);
    fprintf(stderr, "%s%.0f s, %" PRIu64 " runs (%.0f a second), %u findings%s",
            terminal ? "\r" : "", seconds, ledger->board.executions,
            seconds > 0 ? (double)ledger->board.executions / seconds : 0, ledger->findings_count,
            terminal ? "  " : "\n");
}

// Has the worker not begun a run for longer than its own watchdog needs?
static bool hangs(struct supervisor *supervisor) {
    const struct scoreboard *board = &supervisor->worker.ledger->board;
    uint64_t now = clock_ns();
    if (board->executions != supervisor->moved_executions) {
        supervisor->moved_executions = board->executions;
        supervisor->moved_ns = now;
    }
    const struct stress_options *options = supervisor->worker.options;
    uint64_t limit_ms = 2 * (uint64_t)options->watchdog_ms + options->slow_ms + GRACE_MS;
    return now - supervisor->moved_ns > limit_ms * 1000000;
}

// Wait until the worker has ended. Returns its wait status; *stopped is set when somebody asked the
// campaign to stop, *hung when the worker had to be ended.
static int wait_for(struct supervisor *supervisor, pid_t pid, bool *stopped, bool *hung) {
    struct ledger *ledger = supervisor->worker.ledger;
    supervisor->moved_ns = clock_ns();
    for (;;) {
        int status;
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) {
            end_worker(pid); // its group: a symbolizer may be left
            return status;
        }
        ASSERT(ended == 0);
        const struct timespec tick = {.tv_nsec = TICK_MS * 1000000};
        int signal = sigtimedwait(&supervisor->signals, NULL, &tick);
        if (signal > 0 && signal != SIGCHLD) {
            if (*stopped)
                end_worker(pid); // asked twice
            else
                fputs("\ngproof stress: stopping after this run; findings are saved\n", stderr);
            *stopped = true;
            __atomic_store_n(&ledger->stop, 1, __ATOMIC_RELAXED);
        }
        if (!*hung && hangs(supervisor)) {
            *hung = true;
            end_worker(pid);
        }
        show_progress(supervisor);
    }
}

// ---- the campaign -------------------------------------------------------------------------------

// Say how a worker ended that did not end itself.
static void describe_end(int status, bool hung, char *text, size_t size) {
    if (hung)
        snprintf(text, size, "the run hung, and its watchdog could not end it");
    else if (WIFSIGNALED(status))
        snprintf(text, size, "the process died of signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "the process ended with exit code %d", WEXITSTATUS(status));
}

// Run workers until the limits are reached. One worker after another works on the same ledger.
static enum stress_end run_workers(struct supervisor *supervisor, double *until) {
    struct ledger *ledger = supervisor->worker.ledger;
    bool stopped = false;
    for (;;) {
        uint64_t before = ledger->board.executions;
        bool hung = false;
        pid_t pid = start_worker(supervisor);
        if (pid < 0) {
            perror("gproof stress: fork");
            return STRESS_TROUBLE;
        }
        ledger->workers++;
        int status = wait_for(supervisor, pid, &stopped, &hung);
        int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        ledger->replaced += code == WORKER_RECYCLE;
        if (ledger->trouble != 0 || code == WORKER_TROUBLE)
            return STRESS_TROUBLE;
        bool known = code == WORKER_OVER || code == WORKER_RECYCLE || code == RUNNER_EXIT_LOST;
        if (!known && !stopped) {
            char reason[128];
            describe_end(status, hung, reason, sizeof reason);
            if (ledger->board.executions == before) {
                fprintf(stderr, "gproof stress: no run was started: %s\n", reason);
                return STRESS_TROUBLE;
            }
            ledger->lost++;
            if (stress_worker_record_crash(&supervisor->worker, reason) != 0)
                return STRESS_TROUBLE;
        }
        if (code == WORKER_OVER)
            return stopped ? STRESS_STOPPED : STRESS_OVER;
        if (stopped)
            return STRESS_STOPPED;
        if (until != NULL && ledger_seconds(ledger) >= *until)
            return STRESS_OVER;
    }
}

// Run with a planted fault, on the whole way from run to signature: blind unless it becomes a
// finding of this kind. Adds the runs that it took.
static enum stress_end sing(const struct supervisor *campaign, const struct stress_options *options,
                            const struct source *source) {
    struct ledger *ledger = ledger_new();
    if (ledger == NULL)
        return STRESS_TROUBLE;
    struct supervisor supervisor = *campaign;
    supervisor.worker.options = options;
    supervisor.worker.source = source;
    supervisor.worker.ledger = ledger;
    supervisor.worker.save = false;
    supervisor.quiet = true;
    enum stress_end end = run_workers(&supervisor, NULL);
    if (end == STRESS_OVER && !ledger_broken(ledger, options->until)) {
        fprintf(stderr,
                "gproof stress: blind: a planted fault was not seen in %" PRIu64 " runs (%s)\n",
                ledger->board.executions, options->until);
        end = STRESS_BLIND;
    }
    campaign->worker.ledger->canary_runs += ledger->board.executions;
    ledger_free(ledger);
    return end;
}

// The options of a canary: the correct runtime but for one mutant (NULL: none).
static struct stress_options canary_options(const struct supervisor *campaign, const char *mutant,
                                            const char *kind, uint64_t runs) {
    struct stress_options options = *campaign->worker.options;
    uint32_t noise = options.subject.noise;
    subject_init(&options.subject);
    options.subject.noise = noise;
    if (mutant != NULL && !options.blindfold)
        ASSERT(subject_add_mutant(&options.subject, mutant));
    options.runs = runs;
    options.seconds = CANARY_SECONDS;
    options.until = kind;
    options.events = true;
    options.plant = false;
    return options;
}

// The way from run to signature: one run that must fire.
static enum stress_end sing_plumbing(const struct supervisor *campaign) {
    struct workload workload;
    struct workload_error error;
    ASSERT(workload_parse(&workload, canary_text, sizeof canary_text - 1, &error));
    const struct source source = {.list = &workload, .count = 1};
    struct stress_options options = canary_options(campaign, "canary-plumbing", "canary", 1);
    enum stress_end end = sing(campaign, &options, &source);
    if (end != STRESS_OVER || plant_kind() == NULL)
        return end;
    options = canary_options(campaign, NULL, plant_kind(), 1); // what the sanitizer must see
    options.plant = !options.blindfold;
    return sing(campaign, &options, &source);
}

// Are the runs hard enough on the runtime to bring golang/go#74090 about? Whatever the campaign
// runs, this is asked of seeds, mutations and generated workloads under heavy noise.
static enum stress_end sing_sensitivity(const struct supervisor *campaign) {
    struct stress_options options =
        canary_options(campaign, "issue-74090", "satisfied-before-run", SENSITIVITY_RUNS);
    options.subject.noise = SUBJECT_NOISE_MAX;
    options.file = options.corpus = NULL;
    options.threads = options.procs = 0;
    struct source source;
    if (!source_open(&source, &options))
        return STRESS_TROUBLE;
    enum stress_end end = sing(campaign, &options, &source);
    source_close(&source);
    return end;
}

// Would a fault be seen, by the oracle and by the sanitizer?
static enum stress_end sing_all(const struct supervisor *campaign) {
    enum stress_end end = sing_plumbing(campaign);
    if (end == STRESS_OVER)
        end = sing_sensitivity(campaign);
    if (end == STRESS_OVER)
        campaign->worker.ledger->canary_rounds++;
    return end;
}

static enum stress_end run_campaign(struct supervisor *supervisor) {
    for (;;) {
        enum stress_end end = sing_all(supervisor);
        if (end != STRESS_OVER)
            return end;
        supervisor->line_ns = clock_ns();
        double until = ledger_seconds(supervisor->worker.ledger) + CANARY_EVERY;
        end = run_workers(supervisor, &until);
        if (end != STRESS_OVER || stress_worker_over(&supervisor->worker))
            return end;
    }
}

// While signals are blocked: is one waiting that asks us to end?
static bool asked_to_stop(void) {
    sigset_t waiting;
    return sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1 ||
            sigismember(&waiting, SIGHUP) == 1);
}

enum stress_end supervise(const struct stress_options *options, const struct source *source,
                          struct ledger *ledger) {
    struct supervisor supervisor = {
        .worker = {.options = options, .source = source, .ledger = ledger, .save = true}};
    supervisor.worker.report_fd = memfd_create("gproof-sanitizer-report", MFD_CLOEXEC);
    if (supervisor.worker.report_fd < 0) {
        perror("gproof stress: memory file");
        return STRESS_TROUBLE;
    }
    sigemptyset(&supervisor.signals);
    sigaddset(&supervisor.signals, SIGCHLD);
    sigaddset(&supervisor.signals, SIGINT);
    sigaddset(&supervisor.signals, SIGTERM);
    sigaddset(&supervisor.signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &supervisor.signals, &supervisor.before);
    enum stress_end end = run_campaign(&supervisor);
    if (end == STRESS_OVER && options->pursue_seconds > 0)
        pursue(options, ledger, asked_to_stop);
    sigprocmask(SIG_SETMASK, &supervisor.before, NULL);
    close(supervisor.worker.report_fd);
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    return end;
}
