#include "image.h"

#include "exec.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Notes are a header, a name and a description, each padded to four bytes.
static size_t padded(size_t size) {
    return (size + 3) & ~(size_t)3;
}

static void read_build_id(struct image *image, const char *notes, size_t size) {
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
        ElfW(Nhdr) note;
        memcpy(&note, notes + at, sizeof note);
        const char *name = notes + at + sizeof note;
        const unsigned char *bytes = (const unsigned char *)name + padded(note.n_namesz);
        at += sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof "GNU" || at > size ||
            memcmp(name, "GNU", sizeof "GNU") != 0 || note.n_descsz * 2 >= sizeof image->build_id)
            continue;
        for (size_t i = 0; i < note.n_descsz; i++)
            snprintf(image->build_id + 2 * i, 3, "%02x", bytes[i]);
        image->program.build_id = image->build_id;
    }
}

// The first object that is told is the program itself: the others are not looked at.
static int read_program(struct dl_phdr_info *info, size_t size, void *user) {
    (void)size;
    struct image *image = user;
    struct profile_program *program = &image->program;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_NOTE)
            read_build_id(image, (const char *)(info->dlpi_addr + header->p_vaddr),
                          header->p_memsz);
        if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0 || program->limit != 0)
            continue;
        program->start = header->p_vaddr;
        program->limit = header->p_vaddr + header->p_memsz;
        program->offset = header->p_offset;
    }
    for (uint32_t i = 0; i < WORKLOAD_FRAMES; i++)
        image->functions[i].address -= info->dlpi_addr;
    return 1;
}

void image_read(struct image *image) {
    *image = (struct image){
        .program = {.functions = image->functions, .functions_count = WORKLOAD_FRAMES}};
    for (uint32_t i = 0; i < WORKLOAD_FRAMES; i++) {
        const struct exec_frame_info *frame = exec_frame_info(i);
        image->functions[i] = (struct profile_function){.name = frame->name,
                                                        .file = frame->file,
                                                        .line = frame->line,
                                                        .address = (uintptr_t)frame->entry};
    }
    dl_iterate_phdr(read_program, image);
    ssize_t size = readlink("/proc/self/exe", image->file, sizeof image->file - 1);
    if (size > 0)
        image->program.file = image->file;
}
