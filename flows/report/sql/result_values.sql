-- One row per posted value of a primary outcome of the trials asked for, so many of a trial; n_values says how many it has.
SELECT
    nct_id, result_no, measures.title, measures.time_frame, measures.param_type, measures.dispersion_type, measures.unit,
    groups.title AS group_title, class, category, value_text, spread_text, lower_text, upper_text, comment,
    values_of.denominator, values_of.denominator_unit, count(*) OVER (PARTITION BY nct_id) AS n_values
FROM trial_result_values AS values_of
JOIN trial_result_measures AS measures USING (nct_id, result_no)
LEFT JOIN trial_result_groups AS groups USING (nct_id, group_no)
WHERE measures.type = 'PRIMARY' AND nct_id IN (SELECT unnest($nct_ids))
QUALIFY row_number() OVER (PARTITION BY nct_id ORDER BY value_no) <= $most
ORDER BY nct_id, value_no
