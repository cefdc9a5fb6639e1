-- One row per reason for a value of the trials asked for (rows that tabulate texts have their own words); for words of the record with the stretch around them.
-- A criteria text may be long and many reasons quote it: only `$reach` characters on either side leave the database.
SELECT
    car_t_evidence.nct_id, product_no, attribute, value, kind, car_t_evidence.field_path, stated_in, car_t_evidence.url, rule_id,
    substr(text, greatest(start_offset - $reach, 0) + 1, end_offset - greatest(start_offset - $reach, 0) + $reach) AS stretch,
    start_offset - greatest(start_offset - $reach, 0) AS start_in_stretch,
    end_offset - greatest(start_offset - $reach, 0) AS end_in_stretch
FROM car_t_evidence
LEFT JOIN (SELECT * FROM trial_texts WHERE nct_id IN (SELECT unnest($nct_ids))) AS texts
    ON texts.nct_id = car_t_evidence.nct_id
    AND texts.field_path = car_t_evidence.field_path
    AND car_t_evidence.kind = 'text'
WHERE car_t_evidence.nct_id IN (SELECT unnest($nct_ids)) AND item_table IS NULL
ORDER BY car_t_evidence.nct_id, evidence_no
