-- One row per dose that the records of the trials asked for state, in the trial's order.
SELECT nct_id, product_no, arm_label, dose_text, schedule
FROM trial_doses
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, dose_no
