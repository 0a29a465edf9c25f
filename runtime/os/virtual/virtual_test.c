// Placeholder.
extern int virtual_test_placeholder;
