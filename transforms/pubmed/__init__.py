"""PubMed: an article as received becomes rows of the papers' tables."""
