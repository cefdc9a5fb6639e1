-- One row per state of a trial asked for, newest first: what the registry said from when to when, and when we knew.
SELECT
    nct_id, state_no, version, valid_from, valid_to, known_from, registry_state, is_stale, overall_status, enrollment_count,
    enrollment_type, primary_completion_date, primary_completion_date_precision, site_count
FROM trial_states
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, state_no DESC
