// Placeholder.
extern int flip_cells_placeholder;
