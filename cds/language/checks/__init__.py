"""Lints over content that compiles: what is allowed, and still not what an author wants. One file for each."""
