// debug=0: a profile as gzipped protobuf, the format of pprof.proto.
#include "profile_impl.h"

#include "assert.h"
#include <pprof.pb-c.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    GZIP_WINDOW = 15 + 16, // of deflateInit2: the largest window, behind a gzip header
    GZIP_MEMORY = 9,
    STRINGS_FIXED = 4, // "", goroutine, count, label
    STRINGS_EACH = 2,  // of a function: name, file
    STRINGS_OTHER = 3, // binary, build id, comment
};

// A message and all that it points to. Location and function ids are frame ids + 1; the one behind
// them is the location of functions that nobody knows.
struct builder {
    const struct profile *profile;
    const struct profile_program *program;
    Pprof__Profile message;
    Pprof__ValueType type;
    Pprof__ValueType *types[1];
    Pprof__Mapping mapping;
    Pprof__Mapping *mappings[1];
    Pprof__Function *function, **functions;
    Pprof__Line *line, **lines;
    Pprof__Location *location, **locations;
    Pprof__Sample *sample, **samples;
    Pprof__Label *label, **labels;
    uint64_t *location_ids;
    int64_t *counts;
    char **strings;
    uint32_t strings_room;
    int64_t comment;
};

static void *array(size_t count, size_t size) {
    void *made = calloc(count + 1, size);
    ASSERT(made != NULL);
    return made;
}

// The index of a string, entered when it is new. The tables are small.
static int64_t string_index(struct builder *builder, const char *text) {
    Pprof__Profile *message = &builder->message;
    for (size_t i = 0; i < message->n_string_table; i++)
        if (strcmp(builder->strings[i], text) == 0)
            return (int64_t)i;
    ASSERT(message->n_string_table < builder->strings_room);
    char *copy = strdup(text);
    ASSERT(copy != NULL);
    builder->strings[message->n_string_table] = copy;
    return (int64_t)message->n_string_table++;
}

static void make(struct builder *builder, const struct profile *profile,
                 const struct profile_program *program, uint32_t groups) {
    uint32_t functions = program->functions_count;
    *builder = (struct builder){.profile = profile, .program = program};
    pprof__profile__init(&builder->message);
    builder->function = array(functions, sizeof *builder->function);
    builder->functions = array(functions, sizeof *builder->functions);
    builder->line = array(functions, sizeof *builder->line);
    builder->lines = array(functions, sizeof *builder->lines);
    builder->location = array(functions + 1, sizeof *builder->location);
    builder->locations = array(functions + 1, sizeof *builder->locations);
    builder->sample = array(groups, sizeof *builder->sample);
    builder->samples = array(groups, sizeof *builder->samples);
    builder->label = array(groups, sizeof *builder->label);
    builder->labels = array(groups, sizeof *builder->labels);
    builder->location_ids = array(profile->frames_count, sizeof *builder->location_ids);
    builder->counts = array(groups, sizeof *builder->counts);
    builder->strings_room = STRINGS_FIXED + STRINGS_EACH * functions + STRINGS_OTHER + groups;
    builder->strings = array(builder->strings_room, sizeof *builder->strings);
    builder->message.string_table = builder->strings;
    string_index(builder, "");
}

static void fini(struct builder *builder) {
    for (size_t i = 0; i < builder->message.n_string_table; i++)
        free(builder->strings[i]);
    void *const arrays[] = {builder->function, builder->functions,    builder->line,
                            builder->lines,    builder->location,     builder->locations,
                            builder->sample,   builder->samples,      builder->label,
                            builder->labels,   builder->location_ids, builder->counts,
                            builder->strings};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        free(arrays[i]);
}

static void put_head(struct builder *builder, const char *comment) {
    Pprof__Profile *message = &builder->message;
    pprof__value_type__init(&builder->type);
    builder->type.type = string_index(builder, "goroutine");
    builder->type.unit = string_index(builder, "count");
    builder->types[0] = &builder->type;
    message->n_sample_type = 1;
    message->sample_type = builder->types;
    message->period_type = &builder->type;
    message->period = 1;
    if (comment != NULL) {
        builder->comment = string_index(builder, comment);
        message->n_comment = 1;
        message->comment = &builder->comment;
    }
}

static void put_mapping(struct builder *builder) {
    const struct profile_program *program = builder->program;
    Pprof__Mapping *mapping = &builder->mapping;
    pprof__mapping__init(mapping);
    mapping->id = 1;
    mapping->memory_start = program->start;
    mapping->memory_limit = program->limit;
    mapping->file_offset = program->offset;
    mapping->filename = string_index(builder, program->file != NULL ? program->file : "");
    mapping->build_id = string_index(builder, program->build_id != NULL ? program->build_id : "");
    mapping->has_functions = mapping->has_filenames = mapping->has_line_numbers = true;
    builder->mappings[0] = mapping;
    builder->message.n_mapping = 1;
    builder->message.mapping = builder->mappings;
}

static void put_location(struct builder *builder, uint32_t id) {
    Pprof__Profile *message = &builder->message;
    const struct profile_program *program = builder->program;
    const struct profile_function *known =
        id < program->functions_count ? &program->functions[id] : NULL;
    Pprof__Location *location = &builder->location[id];
    pprof__location__init(location);
    location->id = id + 1;
    location->mapping_id = known != NULL ? 1 : 0;
    location->address = known != NULL ? known->address : 0;
    builder->locations[message->n_location++] = location;
    if (known == NULL)
        return;
    Pprof__Function *function = &builder->function[id];
    pprof__function__init(function);
    function->id = id + 1;
    function->name = function->system_name = string_index(builder, known->name);
    function->filename = string_index(builder, known->file != NULL ? known->file : "");
    function->start_line = known->line;
    builder->functions[message->n_function++] = function;
    Pprof__Line *line = &builder->line[id];
    pprof__line__init(line);
    line->function_id = id + 1;
    line->line = known->line;
    builder->lines[id] = line;
    location->n_line = 1;
    location->line = &builder->lines[id];
}

static void put_sample(struct builder *builder, const struct profile_group *group) {
    Pprof__Profile *message = &builder->message;
    const struct profile_record *record = &builder->profile->records[group->record];
    size_t index = message->n_sample++;
    Pprof__Sample *sample = &builder->sample[index];
    pprof__sample__init(sample);
    builder->samples[index] = sample;
    builder->counts[index] = group->count;
    sample->n_value = 1;
    sample->value = &builder->counts[index];
    sample->n_location_id = record->depth;
    sample->location_id = &builder->location_ids[record->first];
    for (uint32_t i = 0; i < record->depth; i++) {
        uint8_t frame = builder->profile->frames[record->first + i];
        uint32_t known = builder->program->functions_count;
        uint32_t id = frame < known ? frame : known;
        if (builder->location[id].id == 0)
            put_location(builder, id);
        sample->location_id[i] = id + 1;
    }
    if (record->label == 0)
        return;
    char text[16];
    snprintf(text, sizeof text, "%" PRIu32, record->label);
    Pprof__Label *label = &builder->label[index];
    pprof__label__init(label);
    label->key = string_index(builder, PROFILE_LABEL_KEY);
    label->str = string_index(builder, text);
    builder->labels[index] = label;
    sample->n_label = 1;
    sample->label = &builder->labels[index];
}

// The same bytes give the same file: no name and no time in the header.
static void put_gzip(struct strbuf *out, uint8_t *bytes, size_t size) {
    z_stream stream = {0};
    int state = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                             Z_DEFAULT_STRATEGY);
    ASSERT(state == Z_OK);
    size_t room = deflateBound(&stream, size);
    uint8_t *packed = array(room, 1);
    stream.next_in = bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    state = deflate(&stream, Z_FINISH);
    ASSERT(state == Z_STREAM_END);
    strbuf_add(out, (const char *)packed, room - stream.avail_out);
    deflateEnd(&stream);
    free(packed);
}

void profile_pprof(struct strbuf *out, const struct profile *profile,
                   const struct profile_program *program, const char *comment) {
    struct builder builder;
    struct profile_group *groups = array(profile->count, sizeof *groups);
    uint32_t count = profile_groups(profile, program, groups);
    make(&builder, profile, program, count);
    put_head(&builder, comment);
    put_mapping(&builder);
    builder.message.sample = builder.samples;
    builder.message.location = builder.locations;
    builder.message.function = builder.functions;
    for (uint32_t i = 0; i < count; i++)
        put_sample(&builder, &groups[i]);
    size_t size = pprof__profile__get_packed_size(&builder.message);
    uint8_t *bytes = array(size, 1);
    pprof__profile__pack(&builder.message, bytes);
    put_gzip(out, bytes, size);
    free(bytes);
    fini(&builder);
    free(groups);
}
