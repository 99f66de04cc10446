"""The model's window: how many tokens a text takes, and what of a chat fits."""
