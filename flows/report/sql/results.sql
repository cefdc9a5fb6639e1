-- One row per trial asked for with a results section: what holds for all that is posted.
SELECT
    nct_id, results_first_posted_date, results_first_posted_date_precision, adverse_events_time_frame, frequency_threshold,
    limitations
FROM trial_results
JOIN trials USING (nct_id)
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id
