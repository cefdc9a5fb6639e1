-- One row per field, or record, that could not be read and still waits.
SELECT source, record_id, field_path, raw_value, reason
FROM quarantined_records
WHERE resolved_run_id IS NULL
ORDER BY source, record_id NULLS LAST, field_path NULLS FIRST
