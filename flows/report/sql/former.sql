-- One row per former number among $nct_ids, with the trial that has it now.
SELECT former_nct_id, min(nct_id) AS nct_id
FROM (SELECT nct_id, unnest(former_nct_ids) AS former_nct_id FROM trials)
WHERE former_nct_id IN (SELECT unnest($nct_ids))
GROUP BY former_nct_id
ORDER BY former_nct_id
