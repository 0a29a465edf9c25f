#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    STOP_STEPS = 50,
    STOP_STEP_NS = 10000000,
    WORDS_MAX = 2000,
    LOG_MAX = 1 << 20,
    EXIT_REFUSED = 2,
    EXIT_NO_ENGINE = 3
};

// In the child: become the engine. The parent may have died before prctl; then so do we.
__attribute__((noreturn)) static void
become_engine(const struct worker *worker, const struct worker_task *task, pid_t campaign) {
    setpgid(0, 0);
    // afl-fuzz ends its own children when it is asked to; the others have none.
    prctl(PR_SET_PDEATHSIG, worker->order.engine == ENGINE_AFL ? SIGTERM : SIGKILL);
    if (getppid() != campaign)
        _exit(EXIT_NO_ENGINE);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    int log = open(worker->log_file, O_WRONLY | O_CREAT | O_APPEND, 0666);
    int nothing = open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0)
        _exit(EXIT_NO_ENGINE);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    char seed[24];
    snprintf(seed, sizeof seed, "%llu",
             (unsigned long long)(worker->order.seed + worker->starts * 1000003ull));
    subject_to_environment(task->subject);
    setenv("GPROOF_SEED", seed, 1);
    setenv("GPROOF_FINDINGS", task->findings, 1);
    setenv("GPROOF_SCOREBOARD", worker->board_file, 1);
    setenv("GPROOF_SCHEDULE", task->uniform ? "uniform" : "input", 1);
    setenv("TMPDIR", task->temporary, 1);
    engine_environment(&worker->order);
    struct engine_order order = worker->order;
    order.seed += (worker->starts - 1) * 7919ull; // a restarted worker does not repeat itself
    struct engine_command command;
    engine_command(&order, &command);
    execvp(command.arguments[0], command.arguments);
    fprintf(stderr, "%s: %s\n", command.arguments[0], strerror(errno));
    _exit(EXIT_NO_ENGINE);
}

bool worker_start(struct worker *worker, const struct worker_task *task) {
    if (worker->board == NULL) {
        unlink(worker->board_file);
        unlink(worker->log_file);
        worker->board = scoreboard_open(worker->board_file);
        if (worker->board == NULL)
            return false;
    }
    if (truncate(worker->log_file, 0) != 0 && errno != ENOENT) {
        fprintf(stderr, "%s: %s\n", worker->log_file, strerror(errno));
        return false;
    }
    worker->board->running = 0;
    worker->executions_before = worker->board->executions;
    worker->seen_ns = 0;
    worker->starts++;
    pid_t campaign = getpid();
    fflush(NULL);
    worker->pid = fork();
    if (worker->pid == 0)
        become_engine(worker, task, campaign);
    if (worker->pid < 0) {
        perror("no process for a worker");
        worker->pid = 0;
        return false;
    }
    setpgid(worker->pid, worker->pid); // both sides: whoever comes first
    return true;
}

// Nothing of the group survives its leader.
static void end_group(pid_t group) {
    kill(-group, SIGKILL);
    while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
        ;
}

// A run that passes no scheduling point cannot be given up from inside.
static bool hangs(struct worker *worker) {
    const struct scoreboard *board = worker->board;
    uint64_t now = clock_ns();
    if (worker->order.engine != ENGINE_LOOP)
        return false;
    if (!board->running || worker->seen_ns == 0 || board->executions != worker->seen_executions) {
        worker->seen_executions = board->executions;
        worker->seen_ns = now;
    }
    return now - worker->seen_ns >= ENGINE_HANG_SECONDS * UINT64_C(1000000000);
}

enum worker_state worker_poll(struct worker *worker, char reason[64]) {
    int status;
    if (worker->pid == 0)
        return WORKER_RUNS;
    bool ended = waitpid(worker->pid, &status, WNOHANG) == worker->pid;
    if (!ended && !hangs(worker))
        return WORKER_RUNS;
    end_group(worker->pid);
    if (!ended) {
        worker->pid = 0;
        worker->barren = 0;
        snprintf(reason, 64, "no answer for %d s", ENGINE_HANG_SECONDS);
        return WORKER_DIED;
    }
    worker->pid = 0;
    bool barren = worker->board->executions == worker->executions_before;
    worker->barren = barren ? worker->barren + 1 : 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == RUNNER_EXIT_LOST) {
        worker->barren = 0;
        return WORKER_LOST;
    }
    if (WIFEXITED(status) && worker->order.engine != ENGINE_AFL &&
        (WEXITSTATUS(status) == EXIT_REFUSED || WEXITSTATUS(status) == EXIT_NO_ENGINE)) {
        snprintf(reason, 64, "exit code %d", WEXITSTATUS(status));
        return WORKER_REFUSES;
    }
    if (WIFSIGNALED(status))
        snprintf(reason, 64, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(reason, 64, "exit code %d", WEXITSTATUS(status));
    return WORKER_DIED;
}

void worker_stop(struct worker *worker) {
    if (worker->pid == 0)
        return;
    kill(-worker->pid, SIGTERM);
    const struct timespec step = {.tv_nsec = STOP_STEP_NS};
    for (int i = 0; i < STOP_STEPS; i++) {
        if (waitpid(worker->pid, NULL, WNOHANG) == worker->pid)
            break;
        nanosleep(&step, NULL);
    }
    end_group(worker->pid);
    worker->pid = 0;
}

void worker_fini(struct worker *worker) {
    worker_stop(worker);
    scoreboard_close(worker->board);
    worker->board = NULL;
}

void worker_trim_log(const struct worker *worker) {
    struct stat status;
    if (stat(worker->log_file, &status) == 0 && status.st_size > LOG_MAX &&
        truncate(worker->log_file, 0) != 0)
        fprintf(stderr, "%s: %s\n", worker->log_file, strerror(errno));
}

void worker_last_words(const struct worker *worker, struct strbuf *out) {
    struct strbuf log = {0};
    if (file_read(worker->log_file, 2 * LOG_MAX, &log) != 0)
        return;
    const char *words = log.text;
    if (log.size > WORDS_MAX) {
        words = log.text + log.size - WORDS_MAX;
        const char *line = strchr(words, '\n');
        words = line != NULL ? line + 1 : words;
    }
    strbuf_puts(out, words);
    strbuf_fini(&log);
}
