from __future__ import annotations


def coverage(*a): ...
def coverage_lines(*a):
    return []
