-- One row per event of a run that is not among $noted, in the order things were seen.
SELECT event_id, nct_id, pmid, event_type, occurred_on, observed_at, run_id, summary, materiality, details
FROM trial_events
WHERE NOT list_contains($noted, run_id)
ORDER BY observed_at, occurred_on, event_id
