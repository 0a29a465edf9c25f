// The kill matrix: what a campaign against each deliberate fault saw, as a value, and the files
// that people and spreadsheets read it from. A mutant's row counts, per invariant, the runs in
// which it was broken; a run that breaks several counts for each. What one invariant alone sees,
// and what could be left out, is read from these counts: it speaks of these runs and this list of
// mutants only. Pure: appends to a growing string.
#ifndef GPROOF_MATRIX_H
#define GPROOF_MATRIX_H

#include "oracle.h"
#include "strbuf.h"

struct matrix_row {
    const char *id, *title, *source; // of the mutant; borrowed
    const char *worlds;              // that can show it (mutants.def); borrowed
    enum invariant expected;         // must catch it
    enum invariant killed_by;        // INVARIANT_COUNT: it survived
    uint32_t seeds, seeds_killed;    // killed under so many of so many seeds
    uint64_t runs, runs_worst;       // to the first kill: median and worst over the seeds
    double seconds, seconds_worst;
    uint64_t broken[INVARIANT_COUNT]; // runs that broke it, of all seeds
    uint64_t hits, tried;             // runs that broke what killed it, of all runs of all seeds
};

struct matrix {
    const char *world, *engine; // borrowed
    uint64_t seed, seeds;       // the first, and how many
    double seconds;             // budget of one mutant and seed
    uint32_t count;
    const struct matrix_row *rows; // borrowed
};

// The invariant that alone sees the mutant, INVARIANT_COUNT if several or none do.
enum invariant matrix_sole(const struct matrix_row *row);

// What is lost when one monitor is left out.
enum matrix_worth {
    MATRIX_UNSEEN,    // it saw nothing: this list says nothing about it
    MATRIX_REDUNDANT, // whatever mutant it saw, another invariant saw as well
    MATRIX_NEEDED     // some mutant is seen by it alone
};
enum matrix_worth matrix_worth(const struct matrix *matrix, enum invariant invariant);

// How many of the rows were killed, and how soon: medians over the rows that were, and the slowest
// of them by time. Rows that a seed left alive count as survivors.
struct matrix_sums {
    uint32_t killed, named; // named: of them, those that the invariant caught that had to
    uint64_t runs, runs_worst;
    double seconds, seconds_worst;
    const char *slowest; // id, or NULL if none was killed; borrowed
};
struct matrix_sums matrix_sums(const struct matrix *matrix);

// The sums as text, with the survivors by name.
void matrix_summary(struct strbuf *out, const struct matrix *matrix);

// The two lists as text for a terminal.
void matrix_left_out(struct strbuf *out, const struct matrix *matrix);

// RFC 4180, one line a mutant behind a header; a column an invariant.
void matrix_csv(struct strbuf *out, const struct matrix *matrix);

// One HTML document that needs nothing else: no network, no script, no other file.
void matrix_page(struct strbuf *out, const struct matrix *matrix);

#endif
