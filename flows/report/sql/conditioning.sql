-- One row per agent of conditioning of the trials asked for, in the trial's order, with the words of the record.
SELECT
    trial_conditioning.nct_id, regimen_no, agent, trial_conditioning.product_no, role, dose_min, dose_max, unit, first_day, last_day, n_doses, total_dose,
    requirement, adjustable_for, matched_text
FROM trial_conditioning
LEFT JOIN car_t_evidence AS words
    ON words.nct_id = trial_conditioning.nct_id AND words.item_table = 'trial_conditioning' AND words.item_no = conditioning_no
WHERE trial_conditioning.nct_id IN (SELECT unnest($nct_ids))
ORDER BY trial_conditioning.nct_id, conditioning_no
