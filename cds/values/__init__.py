"""Plain frozen values that every step shares: known and unknown, quantities, dates, codes, diagnostics."""
