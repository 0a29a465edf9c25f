// Placeholder.
extern int stack_test_placeholder;
