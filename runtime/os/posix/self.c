// Placeholder.
extern int self_placeholder;
