// Placeholder.
extern int base_test_placeholder;
