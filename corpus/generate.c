// Placeholder.
extern int generate_placeholder;
