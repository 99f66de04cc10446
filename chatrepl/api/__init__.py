"""Talks to OpenAI-compatible servers: pure dialects, one error normaliser, and the one HTTP client."""
