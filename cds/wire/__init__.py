"""CDS Hooks JSON to values and back: requests, contexts, orders of every FHIR version, discovery, responses."""
