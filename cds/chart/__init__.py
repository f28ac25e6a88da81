"""From data groups to a chart: prefetch or search, indexed once, each group with how it arrived."""
