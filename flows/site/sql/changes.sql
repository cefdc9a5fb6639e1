-- One row per field that changed between two versions of a trial asked for, newest first.
SELECT nct_id, event_id, registry_date, observed_at, field_path, old_value, new_value, materiality
FROM trial_changes
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, registry_date DESC, observed_at DESC, field_path, change_id
