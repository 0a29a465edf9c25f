// Placeholder.
extern int story_placeholder;
