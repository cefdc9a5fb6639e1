-- One row per serious event and group that had it, of the trials asked for, so many of a trial; n_events says how many it has.
SELECT
    nct_id, term, n_affected, n_at_risk, groups.title AS group_title, count(*) OVER (PARTITION BY nct_id) AS n_events
FROM trial_adverse_events
LEFT JOIN trial_result_groups AS groups USING (nct_id, group_no)
WHERE is_serious AND n_affected > 0 AND nct_id IN (SELECT unnest($nct_ids))
QUALIFY row_number() OVER (PARTITION BY nct_id ORDER BY term_no, event_no) <= $most
ORDER BY nct_id, term_no, event_no
