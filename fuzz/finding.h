// A finding as people keep it: a folder INVARIANT-SIGNATURE8 with five files, written whole or not
// at all.
//   input         the minimised workload as bytes      story.txt     what happened, for people
//   input.txt     the same as text, with a comment     finding.json  everything as data, and the
//   subject                                           page.html     the story with a timeline
// replay takes the folder and needs no further options: the subject is in finding.json.
#ifndef GPROOF_FINDING_H
#define GPROOF_FINDING_H

#include "raw_finding.h"
#include "report.h"
#include "sandbox.h"
#include "subject.h"

struct json;

enum { FINDING_PATH_MAX = 1024 };

struct finding {
    enum invariant invariant;
    uint64_t signature;
    uint64_t executions; // of its worker when first seen
    double seconds;      // since that worker's first execution
    struct workload workload;
    uint32_t ops, preemptions;
    uint32_t hits, replays; // it fired k of n times when replayed
    uint32_t tries;         // candidates the minimiser ran
    double minimize_seconds;
    bool minimal;        // nothing single can go
    bool known;          // its folder was there before the campaign
    uint64_t trace_hash; // virtual
    char reason[200];    // of the violation
    char folder[FINDING_PATH_MAX];
};

// Read what raw_finding_write wrote, given the name of the .bytes file. The .json may be absent (an
// engine's crash artifact): then *raw is zero. False with a message on stderr if the bytes cannot
// be read.
bool finding_read_raw(const char *bytes_file, struct workload *workload, struct raw_finding *raw);

// Write finding->folder = parent/INVARIANT-SIGNATURE8. trial is a run of finding->workload, for the
// story. Returns 0 or an errno, and then nothing was left behind.
int finding_save(struct finding *finding, const char *parent, const struct subject *subject,
                 const struct trial *trial);

// Write a saved finding as an object of a list as hunt, stress and explore report it.
void finding_put_json(struct json *json, const struct finding *finding);

// True if this is the folder of a finding.
bool finding_is_folder(const char *name);

// The command that runs it again.
void finding_replay_command(const char *folder, struct strbuf *out);

// A run of this workload as reports take it. Borrows all.
struct report_run finding_run(const struct workload *workload, const struct trial *trial,
                              const char *replay);

// The story of a run of this workload.
void finding_story(struct strbuf *out, const struct workload *workload, const struct trial *trial,
                   const char *replay, bool colour, uint32_t width);

// Load a workload from a file of bytes or text, or from a finding's folder; from a folder also its
// subject and world ("virtual", "posix"), which are left alone for a file. Prints what is wrong to
// stderr and returns false.
bool finding_load(const char *name, struct workload *workload, struct subject *subject,
                  char world[16]);

#endif
