// Placeholder.
extern int oracle_test_placeholder;
