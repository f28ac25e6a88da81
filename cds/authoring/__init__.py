"""For those who write rules: test runner, builders, tables, a loopback FHIR server; never imported by the service."""
