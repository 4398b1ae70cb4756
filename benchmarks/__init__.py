"""`make bench`: every figure of the project beside its raw baseline."""
