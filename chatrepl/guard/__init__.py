"""Finds what should not leave this machine in what is about to be sent, and puts placeholders in its place. Pure."""
