"""Everything that unmodified clients do with one daemon; docs/conformance.md says what came of it."""
import sys
import cases
import constraints_test
MODULES=(constraints_test,)
