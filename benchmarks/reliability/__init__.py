"""Attacks on lmpack, each with a count of what held: `python -m benchmarks.reliability`."""

import sys

from benchmarks.places import ROOT

# The attacks share helpers with the tests: random models, failing calls.
sys.path.insert(0, str(ROOT / "tests" / "support"))
