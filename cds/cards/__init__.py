"""From findings to cards: text, merging, suggestions. No FHIR search and no HTTP here."""
