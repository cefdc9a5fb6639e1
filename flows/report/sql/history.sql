-- One row per event of the trials asked for, newest first.
SELECT nct_id, event_id, event_type, occurred_on, observed_at, summary, materiality
FROM trial_events
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, occurred_on DESC, observed_at DESC, event_type, event_id
