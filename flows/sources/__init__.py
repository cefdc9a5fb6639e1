"""Where records come from: ClinicalTrials.gov, PubMed, recordings. All three give `pages(...)`."""
