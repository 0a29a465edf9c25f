#include "sites.h"

#include "assert.h"

#include <string.h>

static const struct {
    const char *name;
    const char *meaning;
} sites[SITE_COUNT] = {
#define SITE(name, meaning) {#name, meaning},
#include "sites.def"
#undef SITE
};

const char *site_name(enum site site) {
    ASSERT(site < SITE_COUNT);
    return sites[site].name;
}

const char *site_meaning(enum site site) {
    ASSERT(site < SITE_COUNT);
    return sites[site].meaning;
}

enum site site_parse(const char *name, size_t size) {
    for (int i = 0; i < SITE_COUNT; i++)
        if (strlen(sites[i].name) == size && memcmp(sites[i].name, name, size) == 0)
            return (enum site)i;
    return SITE_COUNT;
}
