-- One row per event of a feed, the newest first: of $topic or of all, only new trials or all events, at most $most.
-- Trials out of scope are in no feed, except to say that they left.
SELECT
    e.event_id, e.nct_id, e.pmid, e.event_type, e.occurred_on, e.observed_at, e.run_id, e.summary, e.materiality, e.details
FROM trial_events AS e
JOIN trials AS t USING (nct_id)
WHERE (t.scope IN ('in_scope', 'follow_up') OR e.event_type = 'left_scope')
    AND ($topic IS NULL OR list_contains(t.topics, $topic))
    AND (NOT $only_new OR (e.event_type IN ('registered', 'entered_scope') AND e.materiality <> 'low'))
ORDER BY e.observed_at DESC, e.occurred_on DESC, e.event_id
LIMIT $most
