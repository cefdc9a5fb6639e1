-- One row per change of a field, the newest first: from $since on, before $until, of $trials, of $trial, at least one of $materiality, at most $most.
SELECT c.observed_at, c.registry_date, c.nct_id, t.brief_title AS title, c.field_path, c.old_value, c.new_value, c.materiality, c.change_id
FROM trial_changes AS c
LEFT JOIN trials AS t USING (nct_id)
WHERE ($since IS NULL OR c.observed_at >= $since)
    AND ($until IS NULL OR c.observed_at < $until)
    AND ($trials IS NULL OR list_contains($trials, c.nct_id))
    AND ($trial IS NULL OR c.nct_id = $trial OR list_contains(t.former_nct_ids, $trial))
    AND ($materiality IS NULL OR list_contains($materiality, c.materiality))
ORDER BY c.observed_at DESC, c.registry_date DESC, c.nct_id, c.field_path, c.change_id
LIMIT $most
