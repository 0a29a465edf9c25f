#include "carry_process.h"

#include "assert.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOT_EXECUTED = 127, TICK_MS = 100 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

__attribute__((noreturn)) static void become(const struct carry_process *process, int output,
                                             int trouble, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int error = 0;
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    int nothing = open("/dev/null", O_RDONLY);
    if (getppid() != parent || nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 ||
        dup2(output, 2) < 0)
        _exit(NOT_EXECUTED);
    static const char *const nothing_more[] = {NULL};
    const char *const *variable =
        process->environment != NULL ? process->environment : nothing_more;
    for (; *variable != NULL; variable++) {
        const char *equals = strchr(*variable, '=');
        char name[64] = "";
        if (equals != NULL && (size_t)(equals - *variable) < sizeof name)
            memcpy(name, *variable, (size_t)(equals - *variable));
        setenv(name, equals == NULL ? "" : equals + 1, 1);
    }
    if (process->folder == NULL || chdir(process->folder) == 0)
        execvp(process->argv[0], (char *const *)process->argv);
    error = errno;
    if (write(trouble, &error, sizeof error) < 0)
        _exit(NOT_EXECUTED);
    _exit(NOT_EXECUTED);
}

// Take what there is. Returns false at the end of the output.
static bool take(int fd, struct strbuf *said, size_t *room) {
    char bytes[4096];
    ssize_t size = read(fd, bytes, sizeof bytes);
    if (size < 0)
        return errno == EINTR || errno == EAGAIN;
    size_t keep = (size_t)size < *room ? (size_t)size : *room;
    strbuf_add(said, bytes, keep);
    *room -= keep;
    return size > 0;
}

// Read and wait until the process has ended, or the time is over. Its descendants may keep the pipe
// open: the end of the process decides, not the end of the output.
static enum carry_end follow(const struct carry_process *process, pid_t pid, int output, int *code,
                             struct strbuf *said) {
    double deadline = now() + process->seconds;
    size_t room = CARRY_SAID_MAX;
    bool open = true;
    enum carry_end end = CARRY_TIMED_OUT;
    while (now() < deadline) {
        if (process->stop != NULL && process->stop()) {
            end = CARRY_STOPPED;
            break;
        }
        struct pollfd poll_fd = {.fd = open ? output : -1, .events = POLLIN};
        if (poll(&poll_fd, 1, open ? TICK_MS : 1) > 0)
            open = take(output, said, &room);
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid == pid) {
            end = info.si_code == CLD_EXITED ? CARRY_EXITED : CARRY_KILLED_BY;
            *code = info.si_status;
            break;
        }
    }
    kill(-pid, SIGKILL); // still ours: the process has not been waited for
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    fcntl(output, F_SETFL, O_NONBLOCK);
    for (ssize_t before = -1; open && before != (ssize_t)room && room > 0;) {
        before = (ssize_t)room;
        open = take(output, said, &room);
    }
    return end;
}

enum carry_end carry_run(const struct carry_process *process, int *code, struct strbuf *said) {
    int output[2], trouble[2];
    *code = 0;
    if (pipe2(output, O_CLOEXEC) != 0) {
        *code = errno;
        return CARRY_NOT_STARTED;
    }
    if (pipe2(trouble, O_CLOEXEC) != 0) {
        *code = errno;
        close(output[0]);
        close(output[1]);
        return CARRY_NOT_STARTED;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(process, output[1], trouble[1], parent);
    int error = pid < 0 ? errno : 0;
    close(output[1]);
    close(trouble[1]);
    enum carry_end end = CARRY_NOT_STARTED;
    // The pipe closes when the program has started; before, it holds why it has not.
    if (pid > 0 && read(trouble[0], &error, sizeof error) <= 0) {
        setpgid(pid, pid);
        end = follow(process, pid, output[0], code, said);
    } else if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
    if (end == CARRY_NOT_STARTED)
        *code = error;
    close(output[0]);
    close(trouble[0]);
    return end;
}
