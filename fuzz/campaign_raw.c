#include "campaign_impl.h"

#include "json_find.h"
#include "rng.h"
#include "triage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Findings of the last moments are made small for CLOSING_SECONDS, all together.
enum { CLOSING_SECONDS = 20 };
enum { MINIMIZE_SECONDS = 60, STORY_WIDTH = 120, JSON_MAX = 1 << 16 };

static uint64_t hash_bytes(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t hash = size;
    for (size_t i = 0; i < size; i++)
        hash = rng_mix(hash ^ at[i]);
    return hash;
}

static bool is_raw(const char *name) {
    size_t size = strlen(name);
    return name[0] != '.' && size > strlen(".bytes") &&
           strcmp(name + size - strlen(".bytes"), ".bytes") == 0;
}

static void save_input(struct campaign *campaign, const void *bytes, size_t size) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/crash-%016llx.bytes", campaign->raw,
                  (unsigned long long)hash_bytes(bytes, size));
    int error = file_write(name.text, bytes, size);
    if (error != 0)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s: %s", name.text, strerror(error));
    strbuf_fini(&name);
}

void campaign_save_crash(struct campaign *campaign, const struct worker *worker) {
    const struct scoreboard *board = worker->board;
    uint32_t size = board->input_size;
    if (board->running && size <= sizeof board->input)
        save_input(campaign, board->input, size);
}

// afl-fuzz survives the crashes of its target and keeps their inputs in folders of its own.
static void collect_afl(struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->config->workers; i++) {
        const struct worker *worker = &campaign->workers[i];
        if (worker->order.engine != ENGINE_AFL)
            continue;
        struct strbuf folder = {0}, file = {0}, contents = {0};
        strbuf_printf(&folder, "%s/afl/worker%u/crashes", campaign->work, worker->order.index);
        DIR *crashes = opendir(folder.text);
        for (struct dirent *entry; crashes != NULL && (entry = readdir(crashes)) != NULL;) {
            if (strncmp(entry->d_name, "id:", 3) != 0)
                continue;
            strbuf_clear(&file);
            strbuf_printf(&file, "%s/%s", folder.text, entry->d_name);
            if (file_read(file.text, WORKLOAD_BYTES_MAX, &contents) != 0)
                continue;
            save_input(campaign, contents.text, contents.size);
            unlink(file.text);
        }
        if (crashes != NULL)
            closedir(crashes);
        strbuf_fini(&folder);
        strbuf_fini(&file);
        strbuf_fini(&contents);
    }
}

// The raw finding that was seen first, by the count of executions in its .json (a crash has none
// and goes first), so that what is reported does not depend on the order of a folder. False if
// none.
static bool next_raw(struct campaign *campaign, char name[NAME_MAX + 1]) {
    DIR *folder = opendir(campaign->raw);
    bool found = false;
    double least = 0;
    struct strbuf file = {0}, json = {0};
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (!is_raw(entry->d_name))
            continue;
        double executions = 0;
        strbuf_clear(&file);
        strbuf_printf(&file, "%s/%.*sjson", campaign->raw,
                      (int)(strlen(entry->d_name) - strlen("bytes")), entry->d_name);
        if (file_read(file.text, JSON_MAX, &json) == 0)
            json_find_number(json.text, "executions", &executions);
        if (found && executions >= least)
            continue;
        snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
        least = executions;
        found = true;
    }
    if (folder != NULL)
        closedir(folder);
    strbuf_fini(&file);
    strbuf_fini(&json);
    return found;
}

bool campaign_has_raw(struct campaign *campaign) {
    char name[NAME_MAX + 1];
    collect_afl(campaign);
    return next_raw(campaign, name);
}

// ---- triage -------------------------------------------------------------------------------------

static bool is_grouped(const struct campaign *campaign, enum invariant invariant,
                       uint64_t signature) {
    for (uint32_t i = 0; i < campaign->result->findings_count; i++) {
        const struct finding *finding = &campaign->result->findings[i];
        if (finding->invariant == invariant && finding->signature == signature)
            return true;
    }
    return false;
}

static void tick(void *user) {
    campaign_status(user);
}

static void tell(struct campaign *campaign, const struct finding *finding,
                 const struct trial *trial) {
    if (campaign->config->found == NULL)
        return;
    campaign_clear_line(campaign);
    struct strbuf story = {0}, replay = {0};
    finding_replay_command(finding->folder, &replay);
    finding_story(&story, &finding->workload, trial, replay.text, false, STORY_WIDTH);
    campaign->config->found(campaign->config->user, finding, story.text);
    strbuf_fini(&story);
    strbuf_fini(&replay);
}

static void keep_finding(struct campaign *campaign, struct finding *finding,
                         const struct trial *trial) {
    struct campaign_result *result = campaign->result;
    if (is_grouped(campaign, finding->invariant, finding->signature) ||
        result->findings_count == CAMPAIGN_FINDINGS_MAX)
        return;
    char folder[FINDING_PATH_MAX + 128];
    snprintf(folder, sizeof folder, "%s/%s-%08llx", campaign->findings,
             invariant_info(finding->invariant)->id,
             (unsigned long long)(finding->signature >> 32));
    struct stat status;
    finding->known = stat(folder, &status) == 0;
    int error = finding_save(finding, campaign->findings, &campaign->config->subject, trial);
    if (error != 0) {
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s: a finding could not be written: %s",
                      folder, strerror(error));
        return;
    }
    result->findings[result->findings_count++] = *finding;
    tell(campaign, finding, trial);
}

// An input that fired once and never again stays where people can look at it.
static void keep_unreproduced(struct campaign *campaign, const struct workload *workload) {
    campaign->result->unreproduced++;
    char folder[FINDING_PATH_MAX];
    snprintf(folder, sizeof folder, "%.900s/unreproduced", campaign->work);
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    size_t size = workload_encode(workload, bytes, sizeof bytes);
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%016llx", folder, (unsigned long long)hash_bytes(bytes, size));
    int error = folder_create(folder);
    if (error == 0)
        error = file_write(name.text, bytes, size);
    if (error != 0)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s: %s", name.text, strerror(error));
    strbuf_fini(&name);
}

// How long one finding may be made smaller.
static double minimize_seconds(const struct campaign *campaign) {
    const struct campaign_config *config = campaign->config;
    double most = config->minimize_seconds > 0 ? config->minimize_seconds : MINIMIZE_SECONDS;
    double left = campaign_left(campaign) + CLOSING_SECONDS;
    if (campaign->result->end == CAMPAIGN_INTERRUPTED)
        left = CLOSING_SECONDS - (double)(clock_ns() - campaign->closing_ns) / 1e9;
    return left < 0 ? 0 : left < most ? left : most;
}

static void triage_one(struct campaign *campaign, const char *file) {
    const struct campaign_config *config = campaign->config;
    struct workload workload;
    struct raw_finding raw;
    if (!finding_read_raw(file, &workload, &raw))
        return;
    enum invariant invariant = invariant_parse(raw.invariant);
    if (invariant != INVARIANT_COUNT && is_grouped(campaign, invariant, raw.signature))
        return;
    struct triage_config triage = {
        .sandbox = campaign->sandbox,
        .seconds_max = minimize_seconds(campaign),
        .minimize = config->minimize,
        .tick = tick,
        .user = campaign,
    };
    static struct finding finding; // large; triage is not reentrant, one campaign at a time
    static struct trial trial;
    finding = (struct finding){.executions = raw.executions, .seconds = raw.seconds};
    if (raw.executions == 0) { // a crash: the worker could not say when
        campaign_sum(campaign);
        finding.executions = campaign->result->executions;
        finding.seconds = campaign->result->seconds;
    }
    switch (triage_run(&triage, &workload, &finding, &trial)) {
    case TRIAGE_REPRODUCED:
        keep_finding(campaign, &finding, &trial);
        break;
    case TRIAGE_NOT_REPRODUCED:
        keep_unreproduced(campaign, &workload);
        break;
    case TRIAGE_NOT_DETERMINISTIC:
        keep_unreproduced(campaign, &workload);
        campaign_stop(campaign, CAMPAIGN_NONDETERMINISTIC,
                      "replays of one input disagree (%s): the harness itself is at fault", file);
        break;
    case TRIAGE_ENVIRONMENT:
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "the sandbox failed");
    }
}

void campaign_take_raw(struct campaign *campaign) {
    char name[NAME_MAX + 1];
    collect_afl(campaign);
    struct strbuf file = {0};
    while (!campaign_has_enough(campaign) &&
           (campaign->closing_ns != 0 || campaign_left(campaign) > 0) && next_raw(campaign, name)) {
        strbuf_clear(&file);
        strbuf_printf(&file, "%s/%s", campaign->raw, name);
        triage_one(campaign, file.text);
        if (campaign->result->end == CAMPAIGN_ENVIRONMENT && campaign->over)
            break; // the input stays for the next campaign
        unlink(file.text);
        file.size -= strlen("bytes");
        strbuf_puts(&file, "json");
        unlink(file.text);
    }
    strbuf_fini(&file);
}
