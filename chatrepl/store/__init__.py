"""Chats on disk: the only package that imports sqlite3."""
