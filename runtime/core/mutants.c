// Placeholder.
extern int mutants_placeholder;
