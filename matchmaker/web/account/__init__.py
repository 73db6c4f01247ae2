"""Joining, and going to the right page after signing in."""
