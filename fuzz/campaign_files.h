// What a campaign leaves in its folder for those who come in the morning: report.json, the object
// of hunt --json, and report.html, made from that file and from the findings beside it. The page
// can be made again at any time, also of a campaign that was killed: then the figures of its last
// status stand in it.
#ifndef GPROOF_CAMPAIGN_FILES_H
#define GPROOF_CAMPAIGN_FILES_H

#include "campaign.h"

// True if this is the folder of a campaign.
bool campaign_is_folder(const char *name);

// Append the name of a folder's page.
void campaign_page_name(const char *folder, struct strbuf *name);

// Write FOLDER/report.html. Returns 0, or an errno with a message on stderr and the old page, if
// any, untouched.
int campaign_page_write(const char *folder);

// Write both for a campaign that has ended. Returns as campaign_page_write.
int campaign_files_write(const struct campaign_config *config,
                         const struct campaign_result *result);

#endif
