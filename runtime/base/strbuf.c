#include "strbuf.h"

#include "assert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRBUF_FIRST = 256, READ_CHUNK = 65536, NAME_TRIES = 1000 };

void strbuf_fini(struct strbuf *buf) {
    free(buf->text);
    *buf = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *buf) {
    buf->size = 0;
    if (buf->text != NULL)
        buf->text[0] = '\0';
}

// Make room for size more bytes and the NUL.
static void reserve(struct strbuf *buf, size_t size) {
    ASSERT(size < SIZE_MAX / 4 && buf->size < SIZE_MAX / 4);
    size_t wanted = buf->size + size + 1;
    if (wanted <= buf->capacity)
        return;
    size_t capacity = buf->capacity != 0 ? buf->capacity : STRBUF_FIRST;
    while (capacity < wanted)
        capacity *= 2;
    char *text = realloc(buf->text, capacity);
    ASSERT(text != NULL);
    buf->text = text;
    buf->capacity = capacity;
}

void strbuf_add(struct strbuf *buf, const char *text, size_t size) {
    reserve(buf, size);
    if (size != 0)
        memcpy(buf->text + buf->size, text, size);
    buf->size += size;
    buf->text[buf->size] = '\0';
}

void strbuf_puts(struct strbuf *buf, const char *text) {
    strbuf_add(buf, text, strlen(text));
}

void strbuf_printf(struct strbuf *buf, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(buf, format, arguments);
    va_end(arguments);
}

void strbuf_vprintf(struct strbuf *buf, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    ASSERT(size >= 0);
    reserve(buf, (size_t)size);
    vsnprintf(buf->text + buf->size, (size_t)size + 1, format, again);
    va_end(again);
    buf->size += (size_t)size;
}

int file_read(const char *name, size_t max, struct strbuf *buf) {
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    struct strbuf contents = {0};
    int error = 0;
    reserve(&contents, 0); // an empty file gives an empty string, not NULL
    contents.text[0] = '\0';
    for (;;) {
        reserve(&contents, READ_CHUNK);
        ssize_t got = read(fd, contents.text + contents.size, READ_CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error = errno;
        if (got <= 0)
            break;
        contents.size += (size_t)got;
        contents.text[contents.size] = '\0';
        if (contents.size > max) {
            error = EFBIG;
            break;
        }
    }
    close(fd);
    if (error != 0) {
        strbuf_fini(&contents);
        return error;
    }
    strbuf_fini(buf);
    *buf = contents;
    return 0;
}

static int write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        bytes += put;
        size -= (size_t)put;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

static void put_folder_of(const char *name, struct strbuf *folder) {
    const char *slash = strrchr(name, '/');
    strbuf_add(folder, name, slash != NULL ? (size_t)(slash - name) + 1 : 0);
    if (folder->size == 0)
        strbuf_puts(folder, ".");
}

// Call make with names beside name, until one is free; it goes to *temporary. Returns 0 or an
// errno.
static int take_name_beside(const char *name, struct strbuf *temporary, int *fd,
                            int (*make)(const char *temporary, int *fd)) {
    for (int i = 0; i < NAME_TRIES; i++) {
        strbuf_clear(temporary);
        strbuf_printf(temporary, "%s.%ld.%d.tmp", name, (long)getpid(), i);
        int error = make(temporary->text, fd);
        if (error != EEXIST)
            return error;
    }
    return EEXIST;
}

// O_EXCL decides who won, and the mode is left to the umask, as for a file written directly.
static int make_file(const char *name, int *fd) {
    *fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return *fd >= 0 ? 0 : errno;
}

static int make_link(const char *name, int *fd) {
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", *fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

// A file in the folder of name that has no name yet, so that nothing is left of it if this process
// dies; where the file system has no such files, one beside name, told in *temporary.
static int create_beside(const char *name, struct strbuf *temporary, int *fd) {
    struct strbuf folder = {0};
    put_folder_of(name, &folder);
    *fd = open(folder.text, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    strbuf_fini(&folder);
    if (*fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return *fd >= 0 ? 0 : errno;
    return take_name_beside(name, temporary, fd, make_file);
}

// Give the complete file its name: at once where that is free, else over what is there.
static int publish(const char *name, struct strbuf *temporary, int fd) {
    if (temporary->size == 0) {
        int error = make_link(name, &fd);
        if (error == EEXIST)
            error = take_name_beside(name, temporary, &fd, make_link);
        if (error != 0 || temporary->size == 0)
            return error;
    }
    return rename(temporary->text, name) == 0 ? 0 : errno;
}

// A rename is on disk only once its folder is. Best effort: some file systems refuse to sync
// folders, and the file is whole either way.
static void sync_folder_of(const char *name) {
    struct strbuf folder = {0};
    put_folder_of(name, &folder);
    int fd = open(folder.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    strbuf_fini(&folder);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int file_write(const char *name, const void *bytes, size_t size) {
    struct strbuf temporary = {0};
    int fd;
    int error = create_beside(name, &temporary, &fd);
    if (error != 0) {
        strbuf_fini(&temporary);
        return error;
    }
    error = write_all(fd, bytes, size);
    if (error == 0)
        error = publish(name, &temporary, fd);
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error != 0 && temporary.size != 0)
        unlink(temporary.text);
    if (error == 0)
        sync_folder_of(name);
    strbuf_fini(&temporary);
    return error;
}

static int create_one(const char *name) {
    if (mkdir(name, 0777) == 0)
        return 0;
    int error = errno;
    struct stat status;
    if (error == EEXIST && stat(name, &status) == 0)
        return S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
    return error;
}

int folder_create(const char *name) {
    struct strbuf prefix = {0};
    strbuf_puts(&prefix, name);
    int error = 0;
    for (size_t i = 1; i < prefix.size && error == 0; i++) {
        if (prefix.text[i] != '/' || prefix.text[i - 1] == '/')
            continue;
        prefix.text[i] = '\0';
        error = create_one(prefix.text);
        prefix.text[i] = '/';
    }
    if (error == 0)
        error = create_one(name);
    strbuf_fini(&prefix);
    return error;
}
