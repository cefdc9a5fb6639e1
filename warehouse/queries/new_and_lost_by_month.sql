-- title: New and lost by month
-- grain: one row per month from the first such event to the last, months with none included
-- reason: the balance of the list: what came, what went, and why, so that a jump can be explained
-- counts: interventional trials, once a month for each kind of event, by the registry's date of it, or the day we saw it where the
--   registry gives none; a trial counts as registered only if it was in scope from the first, and as lost only from within the scope
-- narrows: trials
-- dates: first_posted_date
-- columns:
--   month: first day of the month
--   n_new: registered and entered_scope together
--   n_lost: left_scope, left_search and gone together
--   n_registered: trials newly registered
--   n_entered_scope: trials known or registered before that came into scope
--   n_returned: trials that a search found again
--   n_left_scope: trials whose record, or our rules, put them out of scope
--   n_left_search: trials that no search finds any more though the registry has them
--   n_gone: trials merged into another number, withheld or removed
WITH watched AS (
    SELECT nct_id, scope
    FROM trials
    WHERE study_type = 'INTERVENTIONAL'
),
told AS (
    SELECT trial_events.nct_id, event_type, observed_at, CAST(date_trunc('month', occurred_on) AS DATE) AS month, watched.scope,
        CASE WHEN event_type IN ('entered_scope', 'left_scope') THEN details END AS scope_details
    FROM trial_events
    JOIN watched ON watched.nct_id = trial_events.nct_id
    WHERE event_type IN ('registered', 'entered_scope', 'left_scope', 'left_search', 'returned', 'alias', 'withheld', 'removed')
),
scope_moves AS (
    SELECT nct_id, event_type, observed_at, month,
        coalesce(json_extract_string(scope_details, '$.old_scope'), 'out_of_scope') AS old_scope,
        json_extract_string(scope_details, '$.new_scope') AS new_scope
    FROM told
    WHERE scope_details IS NOT NULL
),
-- In scope when it happened: the scope that the next move through the scope began with, today's where none followed.
other_events AS (
    SELECT told.nct_id, told.event_type, told.month,
        coalesce(arg_min(scope_moves.old_scope, scope_moves.observed_at), min(told.scope)) = 'in_scope' AS was_in_scope
    FROM told
    LEFT JOIN scope_moves ON scope_moves.nct_id = told.nct_id AND scope_moves.observed_at >= told.observed_at
    WHERE told.scope_details IS NULL
    GROUP BY told.nct_id, told.event_type, told.month, told.observed_at
),
kinds AS (
    SELECT nct_id, month, event_type AS kind
    FROM scope_moves
    WHERE (event_type = 'entered_scope' AND new_scope = 'in_scope') OR (event_type = 'left_scope' AND old_scope = 'in_scope')
    UNION ALL
    SELECT nct_id, month, CASE WHEN event_type IN ('alias', 'withheld', 'removed') THEN 'gone' ELSE event_type END
    FROM other_events
    WHERE was_in_scope
),
tallied AS (
    SELECT month,
        count(DISTINCT nct_id) FILTER (WHERE kind = 'registered') AS n_registered,
        count(DISTINCT nct_id) FILTER (WHERE kind = 'entered_scope') AS n_entered_scope,
        count(DISTINCT nct_id) FILTER (WHERE kind = 'returned') AS n_returned,
        count(DISTINCT nct_id) FILTER (WHERE kind = 'left_scope') AS n_left_scope,
        count(DISTINCT nct_id) FILTER (WHERE kind = 'left_search') AS n_left_search,
        count(DISTINCT nct_id) FILTER (WHERE kind = 'gone') AS n_gone
    FROM kinds
    GROUP BY month
),
months AS (SELECT CAST(unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH)) AS DATE) AS month FROM tallied)
SELECT
    months.month,
    coalesce(n_registered + n_entered_scope, 0) AS n_new,
    coalesce(n_left_scope + n_left_search + n_gone, 0) AS n_lost,
    coalesce(n_registered, 0) AS n_registered,
    coalesce(n_entered_scope, 0) AS n_entered_scope,
    coalesce(n_returned, 0) AS n_returned,
    coalesce(n_left_scope, 0) AS n_left_scope,
    coalesce(n_left_search, 0) AS n_left_search,
    coalesce(n_gone, 0) AS n_gone
FROM months
LEFT JOIN tallied ON tallied.month = months.month
ORDER BY months.month
