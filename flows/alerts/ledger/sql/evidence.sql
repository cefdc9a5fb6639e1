-- One row per reason for a value that alerts show, of the trials among $trials: the record's own words first.
SELECT nct_id, attribute, value, kind, field_path, matched_text, stated_in
FROM car_t_evidence
WHERE list_contains($trials, nct_id) AND attribute IN ('diseases', 'target_antigens', 'cell_source', 'cell_type', 'scope')
ORDER BY nct_id, attribute, value, kind <> 'text', evidence_no
