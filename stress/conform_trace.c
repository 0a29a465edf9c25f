#include "conform_trace.h"

#include "carry_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC = 0x46525047,
    HEAD = 4, // words
    FLAG_CUT = 1,
    FLAG_OPEN = 2,
    EVENTS_MAX = 1 << 20 // of a round
};

struct conform_file {
    const unsigned char *bytes;
    size_t size, at;
    struct trace_event *merged; // EVENTS_MAX
    struct trace_event *parts;  // EVENTS_MAX: the buffers, aligned
};

struct conform_file *conform_file_open(const char *name) {
    struct stat status;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct conform_file *file = calloc(1, sizeof *file);
    if (fd < 0 || file == NULL || fstat(fd, &status) != 0) {
        fprintf(stderr, "gproof conform: %s: %s\n", name, strerror(errno));
        goto failed;
    }
    file->size = (size_t)status.st_size;
    if (file->size != 0) {
        void *map = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
            fprintf(stderr, "gproof conform: %s: %s\n", name, strerror(errno));
            goto failed;
        }
        file->bytes = map;
    }
    file->merged = malloc(EVENTS_MAX * sizeof *file->merged);
    file->parts = malloc(EVENTS_MAX * sizeof *file->parts);
    if (file->merged == NULL || file->parts == NULL) {
        fputs("gproof conform: memory is short\n", stderr);
        goto failed;
    }
    close(fd);
    return file;
failed:
    if (fd >= 0)
        close(fd);
    conform_file_close(file);
    return NULL;
}

void conform_file_close(struct conform_file *file) {
    if (file == NULL)
        return;
    if (file->bytes != NULL)
        munmap((void *)(uintptr_t)file->bytes, file->size);
    free(file->merged);
    free(file->parts);
    free(file);
}

static bool words(struct conform_file *file, uint32_t *out, size_t count) {
    if (file->size - file->at < count * sizeof *out)
        return false;
    memcpy(out, file->bytes + file->at, count * sizeof *out);
    file->at += count * sizeof *out;
    return true;
}

enum conform_read conform_file_next(struct conform_file *file, struct conform_round *round) {
    struct trace_buffer buffers[TRACE_BUFFERS_MAX];
    uint32_t head[HEAD], used = 0;
    if (file->at == file->size)
        return CONFORM_END;
    if (!words(file, head, HEAD) || head[0] != MAGIC || head[3] > TRACE_BUFFERS_MAX)
        return CONFORM_CUT;
    for (uint32_t i = 0; i < head[3]; i++) {
        uint32_t count;
        if (!words(file, &count, 1) || count > EVENTS_MAX - used ||
            file->size - file->at < count * sizeof(struct trace_event))
            return CONFORM_CUT;
        memcpy(file->parts + used, file->bytes + file->at, count * sizeof(struct trace_event));
        file->at += count * sizeof(struct trace_event);
        buffers[i] = (struct trace_buffer){.events = file->parts + used,
                                           .count = count,
                                           .capacity = count,
                                           .truncated = count == CARRY_BUFFER_EVENTS &&
                                                        (head[2] & FLAG_CUT) != 0};
        used += count;
    }
    trace_merge(buffers, head[3], file->merged, EVENTS_MAX, &round->trace);
    round->trace.truncated |= (head[2] & FLAG_CUT) != 0;
    round->end = (head[2] & FLAG_OPEN) != 0 ? RUN_INCONCLUSIVE : RUN_FINISHED;
    round->plan = head[1];
    return CONFORM_ROUND;
}
