-- One row per endpoint of the trials asked for, in the trial's order, with the words of the record.
SELECT
    trial_endpoints.nct_id, outcome_type, domain, concept, instrument, role, operator, threshold, unit, min_grade,
    part, cohorts, times_months, time_kind, visit_month, matched_text
FROM trial_endpoints
LEFT JOIN car_t_evidence AS words
    ON words.nct_id = trial_endpoints.nct_id AND words.item_table = 'trial_endpoints' AND words.item_no = endpoint_no
WHERE trial_endpoints.nct_id IN (SELECT unnest($nct_ids))
ORDER BY trial_endpoints.nct_id, endpoint_no
