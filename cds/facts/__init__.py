"""One file per fact kind, named as authors write it, and what they share: the case at hand, retrieved resources."""
