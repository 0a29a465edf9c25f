#include "scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const uint64_t magic = 0x6770726f6f660000u + sizeof(struct scoreboard);

static struct scoreboard *map(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return NULL;
    if (status.st_size != 0 && status.st_size != sizeof(struct scoreboard)) {
        errno = EPROTO; // written by a binary of another build
        return NULL;
    }
    // Blocks and not only a length: a write into a hole of a full disk would be a SIGBUS.
    errno = posix_fallocate(fd, 0, sizeof(struct scoreboard));
    if (errno != 0)
        return NULL;
    void *memory = mmap(NULL, sizeof(struct scoreboard), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct scoreboard *scoreboard_open(const char *file) {
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct scoreboard *board = fd < 0 ? NULL : map(fd);
    if (board == NULL)
        fprintf(stderr, "%s: %s\n", file, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (board != NULL && board->magic == 0)
        board->magic = magic;
    if (board != NULL && board->magic != magic) {
        fprintf(stderr, "%s: no scoreboard of this build\n", file);
        scoreboard_close(board);
        board = NULL;
    }
    return board;
}

void scoreboard_close(struct scoreboard *board) {
    if (board != NULL)
        munmap(board, sizeof *board);
}

uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
