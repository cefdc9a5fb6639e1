"""A release: one file written whole, its fingerprint, comments and dictionary."""
