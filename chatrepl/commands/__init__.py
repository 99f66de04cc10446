"""Slash commands: declared as values, found in a registry, answering with values."""
