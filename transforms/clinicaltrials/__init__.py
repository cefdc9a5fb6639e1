"""ClinicalTrials.gov: a study as received becomes rows of the registrations' tables."""
