#include "raw_finding.h"

#include "json.h"

#include <stdio.h>
#include <unistd.h>

static int write_json(const char *file, const struct raw_finding *finding) {
    struct strbuf text = {0};
    struct json json;
    char signature[20];
    snprintf(signature, sizeof signature, "%016llx", (unsigned long long)finding->signature);
    json_init(&json, &text);
    json_object(&json, NULL);
    json_string(&json, "invariant", finding->invariant);
    json_string(&json, "signature", signature);
    json_uint(&json, "executions", finding->executions);
    json_real(&json, "seconds", finding->seconds);
    json_end_object(&json);
    int error = file_write(file, text.text, text.size);
    strbuf_fini(&text);
    return error;
}

int raw_finding_write(const char *folder, const struct raw_finding *finding,
                      const struct workload *workload) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%016llx.", folder, (unsigned long long)finding->signature);
    size_t stem = name.size;
    strbuf_puts(&name, "bytes");
    int error = 0;
    if (access(name.text, F_OK) != 0) {
        uint8_t bytes[WORKLOAD_BYTES_MAX];
        size_t size = workload_encode(workload, bytes, sizeof bytes);
        name.size = stem;
        strbuf_puts(&name, "json");
        error = write_json(name.text, finding);
        name.size = stem;
        strbuf_puts(&name, "bytes");
        if (error == 0)
            error = file_write(name.text, bytes, size);
    }
    strbuf_fini(&name);
    return error;
}
