// Placeholder.
extern int json_placeholder;
