#include "sandbox.h"

#include "rng.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS_MAX = 1 << 18, DUMP_MAX = 1 << 16, EXIT_ENVIRONMENT = 3 };

// Memory of both processes. The caller fills the upper half and writes a byte to the servant's
// pipe; the servant fills the lower half and writes one back. Never both at a time.
struct shared {
    struct workload workload;
    bool record;
    struct sandbox_steer steer;

    enum run_end end;
    struct verdict verdict;
    uint64_t hash, steps;
    uint32_t preemptions;
    bool as_list, has_dump, truncated;
    bool leaving; // the servant ends after this answer: its threads are lost
    struct workload listed;
    uint32_t events_count;
    char dump[DUMP_MAX];
    struct trace_event events[EVENTS_MAX];
};

struct sandbox {
    struct shared *shared;
    struct subject subject;
    struct sandbox_config config;
    struct oracle *oracle; // for ends that the servant did not live to judge
    pid_t pid;             // of the servant; 0 = none
    int to_servant, from_servant;
    int words; // memory file that is the servant's stderr
};

// ---- the servant --------------------------------------------------------------------------------

struct servant {
    struct shared *shared;
    int answers;
};

static void answer(struct servant *servant, const struct workload *workload,
                   const struct outcome *outcome) {
    struct shared *shared = servant->shared;
    const struct run *run = &outcome->run;
    shared->end = run->end;
    shared->verdict = outcome->verdict;
    shared->hash = trace_hash(&run->trace, run->end);
    shared->steps = run->steps;
    shared->preemptions = run->preemptions;
    shared->listed = *workload;
    shared->as_list = shared->record && runner_to_list(outcome, &shared->listed);
    shared->events_count = run->trace.count < EVENTS_MAX ? run->trace.count : EVENTS_MAX;
    shared->truncated = run->trace.truncated || shared->events_count < run->trace.count;
    if (shared->events_count != 0)
        memcpy(shared->events, run->trace.events, shared->events_count * sizeof shared->events[0]);
    shared->has_dump = run->dump != NULL;
    if (run->dump != NULL)
        snprintf(shared->dump, sizeof shared->dump, "%s", run->dump);
    if (write(servant->answers, "", 1) != 1)
        _exit(EXIT_ENVIRONMENT);
}

static void answer_lost(void *user, const struct workload *workload,
                        const struct outcome *outcome) {
    struct servant *servant = user;
    servant->shared->leaving = true;
    answer(servant, workload, outcome);
}

// A crash ends the servant: only a sanitizer's handler, which tells of it first, may stay. Anybody
// else's, such as a test framework's, would go on in this process with what the caller was doing.
static void let_crashes_kill(void) {
    static const int deadly[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS};
    if (strcmp(sanitizer_name(), "none") != 0)
        return;
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], SIG_DFL);
}

// The run that is asked for, and then others until one is to be seen.
static void run_wanted(struct runner *runner, const struct shared *shared,
                       struct outcome *outcome) {
    const struct sandbox_steer *steer = &shared->steer;
    runner_steer(runner, steer->sched);
    do
        runner_run(runner, &shared->workload, shared->record, outcome);
    while (steer->again != NULL && !shared->record && !sanitizer_sees_races() &&
           steer->again(steer->user, outcome));
}

__attribute__((noreturn)) static void serve(const struct sandbox *sandbox, int requests,
                                            int answers) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); // the caller decides
    let_crashes_kill();
    dup2(sandbox->words, STDERR_FILENO);
    struct servant servant = {sandbox->shared, answers};
    struct runner_config config = {
        .subject = &sandbox->subject,
        .judge_every = sandbox->config.judge_every,
        .seed = sandbox->config.seed,
        .lost = answer_lost,
        .user = &servant,
    };
    struct runner *runner = runner_new(&config);
    if (runner == NULL)
        _exit(EXIT_ENVIRONMENT);
    for (char byte; read(requests, &byte, 1) == 1;) {
        struct outcome outcome;
        run_wanted(runner, sandbox->shared, &outcome);
        // What TSan sees of a run depends on the runs before it in the same process: one each.
        sandbox->shared->leaving = sanitizer_sees_races();
        answer(&servant, &sandbox->shared->workload, &outcome);
    }
    _exit(0);
}

// ---- the caller's side --------------------------------------------------------------------------

static void bury(struct sandbox *sandbox, int *status) {
    int ignored;
    kill(sandbox->pid, SIGKILL);
    while (waitpid(sandbox->pid, status != NULL ? status : &ignored, 0) < 0 && errno == EINTR)
        ;
    close(sandbox->to_servant);
    close(sandbox->from_servant);
    sandbox->pid = 0;
}

static bool hire(struct sandbox *sandbox) {
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC) != 0)
        return false;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    if (ftruncate(sandbox->words, 0) != 0 || lseek(sandbox->words, 0, SEEK_SET) != 0)
        return false;
    sandbox->config.seed++;
    fflush(NULL); // or both processes print it
    sandbox->pid = fork();
    if (sandbox->pid == 0) {
        close(down[1]);
        close(up[0]);
        serve(sandbox, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    if (sandbox->pid < 0) {
        sandbox->pid = 0;
        close(down[1]);
        close(up[0]);
        return false;
    }
    sandbox->to_servant = down[1];
    sandbox->from_servant = up[0];
    return true;
}

struct sandbox *sandbox_new(const struct sandbox_config *config) {
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (sandbox == NULL)
        return NULL;
    sandbox->config = *config;
    sandbox->subject = *config->subject;
    if (sandbox->config.timeout_ms == 0)
        sandbox->config.timeout_ms = SANDBOX_TIMEOUT_MS;
    sanitizer_warm();
    signal(SIGPIPE, SIG_IGN); // a servant that died is told by write's result
    sandbox->words = memfd_create("words", MFD_CLOEXEC);
    sandbox->oracle = oracle_new();
    void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || sandbox->words < 0 || sandbox->oracle == NULL) {
        perror("sandbox");
        if (memory != MAP_FAILED)
            munmap(memory, sizeof(struct shared));
        memory = NULL;
    }
    sandbox->shared = memory;
    if (memory == NULL) {
        sandbox_free(sandbox);
        return NULL;
    }
    return sandbox;
}

void sandbox_free(struct sandbox *sandbox) {
    if (sandbox == NULL)
        return;
    if (sandbox->pid != 0)
        bury(sandbox, NULL);
    if (sandbox->shared != NULL)
        munmap(sandbox->shared, sizeof(struct shared));
    if (sandbox->words >= 0)
        close(sandbox->words);
    if (sandbox->oracle != NULL)
        oracle_free(sandbox->oracle);
    free(sandbox);
}

// Wait for the servant's byte. False: it died, or ran out of time and was killed (*timed_out).
static bool await(struct sandbox *sandbox, bool *timed_out) {
    struct pollfd poller = {.fd = sandbox->from_servant, .events = POLLIN};
    int ready;
    do // an interrupted wait starts again: signals are the caller's, and rare
        ready = poll(&poller, 1, (int)sandbox->config.timeout_ms);
    while (ready < 0 && errno == EINTR);
    *timed_out = ready == 0;
    char byte;
    return ready > 0 && read(sandbox->from_servant, &byte, 1) == 1;
}

// What tells one crash from another: the signal, and a sanitizer's summary without the folders and
// addresses in it ("data race exec.c:19:35 in user_step").
static uint64_t crash_signature(int signal_number, const char *words) {
    uint64_t hash = rng_mix((uint64_t)signal_number);
    const char *summary = strstr(words, "SUMMARY: ");
    if (summary == NULL)
        return hash;
    size_t size = strcspn(summary, "\n");
    for (size_t i = 0; i < size;) {
        size_t word = strcspn(summary + i, " \n"), begin = i;
        for (size_t k = i; k < i + word; k++)
            if (summary[k] == '/')
                begin = k + 1;
        bool is_address = strncmp(summary + i, "0x", 2) == 0 || summary[i] == '(';
        for (; begin < i + word && !is_address; begin++)
            hash = rng_mix(hash ^ (uint8_t)summary[begin]);
        i += word + 1;
    }
    return hash;
}

// The end of a run whose servant died: nothing is left but the fact, and what it said last. False
// if it died of the machine and not of the run.
static bool describe_death(struct sandbox *sandbox, bool timed_out, struct trial *trial) {
    int status = 0;
    bury(sandbox, &status);
    struct shared *shared = sandbox->shared;
    char words[DUMP_MAX / 2];
    ssize_t size = pread(sandbox->words, words, sizeof words - 1, 0);
    int length = size > 0 ? (int)size : 0;
    words[length] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_ENVIRONMENT) {
        fprintf(stderr, "sandbox: the servant cannot work: %.*s\n", length, words);
        return false;
    }
    *trial = (struct trial){.end = timed_out ? RUN_NO_PROGRESS : RUN_CRASHED,
                            .signal = WIFSIGNALED(status) && !timed_out ? WTERMSIG(status) : 0};
    oracle_judge(sandbox->oracle, &trial->trace, trial->end, &trial->verdict);
    if (trial->verdict.count != 0)
        trial->verdict.violations[0].signature ^= crash_signature(trial->signal, words);
    trial->hash = trace_hash(&trial->trace, trial->end) ^ (uint64_t)trial->signal;
    char cause[128];
    if (timed_out)
        snprintf(cause, sizeof cause, "no answer for %u ms", sandbox->config.timeout_ms);
    else if (trial->signal != 0)
        snprintf(cause, sizeof cause, "signal %d (%s)", trial->signal, strsignal(trial->signal));
    else
        snprintf(cause, sizeof cause, "exit code %d", WEXITSTATUS(status));
    snprintf(shared->dump, sizeof shared->dump, "the process ended: %s\n%.*s", cause, length,
             words);
    trial->dump = shared->dump;
    return true;
}

static void take_answer(const struct shared *shared, struct trial *trial) {
    *trial = (struct trial){
        .end = shared->end,
        .verdict = shared->verdict,
        .hash = shared->hash,
        .trace = {shared->events, shared->events_count, shared->truncated},
        .steps = shared->steps,
        .preemptions = shared->preemptions,
        .as_list = shared->as_list,
        .listed = shared->listed,
        .dump = shared->has_dump ? shared->dump : NULL,
    };
}

void sandbox_steer(struct sandbox *sandbox, const struct sandbox_steer *steer) {
    sandbox->shared->steer = *steer;
}

bool sandbox_run(struct sandbox *sandbox, const struct workload *workload, bool record,
                 struct trial *trial) {
    sandbox->shared->workload = *workload;
    sandbox->shared->record = record;
    sandbox->shared->leaving = false;
    if (sandbox->pid == 0 && !hire(sandbox)) {
        perror("sandbox: no process");
        return false;
    }
    bool timed_out = false;
    bool answered = write(sandbox->to_servant, "", 1) == 1 && await(sandbox, &timed_out);
    if (!answered)
        return describe_death(sandbox, timed_out, trial);
    take_answer(sandbox->shared, trial);
    if (sandbox->shared->leaving)
        bury(sandbox, NULL);
    return true;
}
