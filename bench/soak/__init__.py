"""``make soak``: the service under load while everything around it fails, and what became of each call."""
