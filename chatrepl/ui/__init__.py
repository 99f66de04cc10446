"""The terminal: the prompt that is always there, and replies that stream above it."""
