// Placeholder.
extern int posix_test_placeholder;
