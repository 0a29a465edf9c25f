#include "process.h"

#include "scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEP_NS = 2000000, EXIT_NO_PROCESS = 127, FILE_MAX = 256 << 20 };

__attribute__((noreturn)) static void become(const struct process_config *config, pid_t caller) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getppid() != caller)
        _exit(EXIT_NO_PROCESS);
    struct rlimit none = {0, 0}, file = {FILE_MAX, FILE_MAX};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &file);
    if (config->fixed_addresses)
        personality(ADDR_NO_RANDOMIZE);
    int log = open(config->log != NULL ? config->log : "/dev/null",
                   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || nothing < 0 || (config->folder != NULL && chdir(config->folder) != 0))
        _exit(EXIT_NO_PROCESS);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp(config->arguments[0], config->arguments);
    fprintf(stderr, "%s: %s\n", config->arguments[0], strerror(errno));
    _exit(EXIT_NO_PROCESS);
}

static uint64_t resident(pid_t pid) {
    char name[64], text[128];
    snprintf(name, sizeof name, "/proc/%d/statm", (int)pid);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    unsigned long long total = 0, pages = 0;
    text[size > 0 ? size : 0] = '\0';
    if (sscanf(text, "%llu %llu", &total, &pages) != 2)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

// Wait for it, and say why it is to be ended where it does not end by itself.
static bool watch(const struct process_config *config, pid_t pid, struct process_end *end) {
    const struct timespec step = {.tv_nsec = STEP_NS};
    uint64_t begin = clock_ns(), heard = begin, pulse = 0;
    for (int status;; nanosleep(&step, NULL)) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) {
            bool exited = WIFEXITED(status);
            *end = (struct process_end){exited ? PROCESS_EXITED : PROCESS_SIGNALED,
                                        exited ? WEXITSTATUS(status) : WTERMSIG(status)};
            return true;
        }
        uint64_t now = clock_ns();
        uint64_t next = config->pulse != NULL ? config->pulse(config->user) : 0;
        if (next != pulse)
            heard = now;
        pulse = next;
        if ((double)(now - begin) > config->seconds * 1e9)
            *end = (struct process_end){PROCESS_LATE, 0};
        else if (config->pulse != NULL && (double)(now - heard) > config->silence * 1e9)
            *end = (struct process_end){PROCESS_SILENT, 0};
        else if (config->memory != 0 && resident(pid) > config->memory)
            *end = (struct process_end){PROCESS_LARGE, 0};
        else
            continue;
        return false;
    }
}

bool process_run(const struct process_config *config, struct process_end *end) {
    pid_t caller = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(config, caller);
    if (pid < 0) {
        perror("no process");
        return false;
    }
    setpgid(pid, pid); // both sides: whoever comes first
    bool ended = watch(config, pid, end);
    kill(-pid, SIGKILL);
    while (!ended && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return true;
}

bool process_output(char *const *arguments, size_t max, struct strbuf *out) {
    int ends[2];
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        perror(arguments[0]);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execvp(arguments[0], arguments);
        fprintf(stderr, "%s: %s\n", arguments[0], strerror(errno));
        _exit(EXIT_NO_PROCESS);
    }
    close(ends[1]);
    char bytes[4096];
    for (ssize_t size; pid > 0 && (size = read(ends[0], bytes, sizeof bytes)) > 0;)
        if (out->size + (size_t)size <= max)
            strbuf_add(out, bytes, (size_t)size);
    close(ends[0]);
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s failed\n", arguments[0]);
        return false;
    }
    return true;
}
