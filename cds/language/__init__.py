"""From YAML files to a frozen plan, at load time only: strict reading, checking, compiling, proving."""
