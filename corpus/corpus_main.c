// Placeholder.
extern int corpus_main_placeholder;
