"""The benchmark: the production server, timed over loopback beside a floor, and how cost grows in one process."""
