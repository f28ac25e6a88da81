"""Changes of the tables, one file each in ``versions``; run by `cds.record.database` when the service starts."""
