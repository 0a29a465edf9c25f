// A growing string, and files read and written whole. A strbuf belongs to whoever holds it and is
// freed by strbuf_fini; it always ends in a NUL, which its size does not count. A file is written
// whole or not at all, at whatever moment the process dies: readers see the old contents or the
// new. Different strbufs and files may be used from different threads, one of them may not.
#ifndef GPROOF_STRBUF_H
#define GPROOF_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *text;  // NUL-terminated once anything was appended; owned; NULL when empty
    size_t size; // without the NUL
    size_t capacity;
};

// All-zero is an empty strbuf. Out of memory stops the process.
void strbuf_fini(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf);
void strbuf_add(struct strbuf *buf, const char *text, size_t size);
void strbuf_puts(struct strbuf *buf, const char *text);
__attribute__((format(printf, 2, 3))) void strbuf_printf(struct strbuf *buf, const char *format,
                                                         ...);
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list arguments);

// Read a whole file (regular, or a pipe), at most max bytes. Returns 0, or an errno (EFBIG if
// larger) with *buf untouched.
int file_read(const char *name, size_t max, struct strbuf *buf);

// Write a whole file: without a name, fsync, then give it its name (over an old file by rename). A
// process that is killed leaves the old contents or the new; a file system without nameless files
// may keep a temporary one beside it. Returns 0, or an errno with the old contents (or absence) of
// name untouched and nothing else left.
int file_write(const char *name, const void *bytes, size_t size);

// Create a folder and its parents. Returns 0 or an errno; it is fine if it exists.
int folder_create(const char *name);

#endif
