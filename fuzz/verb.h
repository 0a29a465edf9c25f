// The verbs of gproof-fuzz-WORLD. Each parses its own arguments (argv[0] is for messages) and
// returns the exit code (options.h). stdout is data, stderr is messages.
#ifndef GPROOF_VERB_H
#define GPROOF_VERB_H

int verb_hunt(int argc, char **argv);
int verb_against(int argc, char **argv); // of hunt --against
int verb_replay(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_minimize(int argc, char **argv);
int verb_explore(int argc, char **argv);
int verb_mutants(int argc, char **argv);
int verb_regressions(int argc, char **argv);
int verb_prune(int argc, char **argv); // corpus prune
int verb_bench(int argc, char **argv);

#endif
