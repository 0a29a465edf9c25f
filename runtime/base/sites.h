// Names of the places in the code where a scheduling point stands (sites.def). Schedules, stories
// and signatures speak of sites by name; bytes hold the index, so the list only ever grows at its
// end. Pure data, thread-safe.
#ifndef GPROOF_SITES_H
#define GPROOF_SITES_H

#include <stddef.h>

enum site {
#define SITE(name, meaning) SITE_##name,
#include "sites.def"
#undef SITE
    SITE_COUNT
};

// The stable name of a site, such as "execute_checkin". Static storage. site < SITE_COUNT.
const char *site_name(enum site site);

// What is done there, in a few words a Go reader understands. Static storage. site < SITE_COUNT.
const char *site_meaning(enum site site);

// The site with this name of size bytes, or SITE_COUNT if there is none.
enum site site_parse(const char *name, size_t size);

#endif
