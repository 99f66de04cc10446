"""The embedded model: find its weights, run its server, stop it; and find servers that run here already."""
