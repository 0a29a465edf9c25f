// Placeholder.
extern int oracle_placeholder;
