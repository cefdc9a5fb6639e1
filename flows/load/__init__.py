"""Load: what landed is normalised by workers, checked and written, run by run."""
