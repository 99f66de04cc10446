"""Reads what goes with a message: files, directories, globs, pages, images."""
