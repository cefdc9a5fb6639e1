-- One row per criterion of the trials asked for, in the trial's order, with the words of the record.
SELECT
    trial_criteria.nct_id, side, trial_criteria.kind, subject, subject_class, operator, trial_criteria.value, unit, eligible_min,
    min_inclusive, eligible_max, max_inclusive, class_values, days, half_lives, days_rule, relative_to, is_lifetime, sex,
    cohorts, alternative_no, is_conditional, matched_text
FROM trial_criteria
LEFT JOIN car_t_evidence AS words
    ON words.nct_id = trial_criteria.nct_id AND words.item_table = 'trial_criteria' AND words.item_no = criterion_no
WHERE trial_criteria.nct_id IN (SELECT unnest($nct_ids))
ORDER BY trial_criteria.nct_id, criterion_no
