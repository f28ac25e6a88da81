"""What was shown, and what the clinician did with it: card ids, rules, versions, outcomes. No patient, no user."""
