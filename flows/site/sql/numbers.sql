-- One row per other number of a trial asked for, as the record gives it.
SELECT nct_id, secondary_id, id_type, other_registry
FROM trial_secondary_ids
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, id_no
