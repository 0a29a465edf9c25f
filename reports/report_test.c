// Placeholder.
extern int report_test_placeholder;
