-- One row per group of adverse events of the trials asked for: deaths, and participants with serious events.
SELECT nct_id, title, deaths_n_affected, deaths_n_at_risk, serious_n_affected, serious_n_at_risk
FROM trial_result_groups
WHERE module = 'adverse_events' AND nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, group_no
