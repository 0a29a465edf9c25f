// Placeholder.
extern int corpus_test_placeholder;
