-- One row per event, the newest first: from $since on, before $until, of $trials, of $trial, of $types, of $materiality, at most $most.
SELECT e.observed_at, e.occurred_on, e.nct_id, t.brief_title AS title, e.event_type, e.materiality, e.summary, e.pmid, e.event_id
FROM trial_events AS e
LEFT JOIN trials AS t USING (nct_id)
WHERE ($since IS NULL OR e.observed_at >= $since)
    AND ($until IS NULL OR e.observed_at < $until)
    AND ($trials IS NULL OR list_contains($trials, e.nct_id))
    AND ($trial IS NULL OR e.nct_id = $trial OR list_contains(t.former_nct_ids, $trial))
    AND ($types IS NULL OR list_contains($types, e.event_type))
    AND ($materiality IS NULL OR list_contains($materiality, e.materiality))
ORDER BY e.observed_at DESC, e.occurred_on DESC, e.nct_id, e.event_id
LIMIT $most
