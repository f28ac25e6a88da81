"""Which case of each rule holds, what is shown of it, and why: facts only, no FHIR and no HTTP."""
