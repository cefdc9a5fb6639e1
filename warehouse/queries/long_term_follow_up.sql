-- title: Who is followed long-term, for how long, and under which protocol
-- grain: one row per protocol and months, and one for trials that state none
-- reason: gene therapy asks for fifteen years; a trial that leaves them to another protocol shows only its own follow-up
-- counts: interventional trials in scope, each in one row; what another protocol follows is never part of follow_up_months
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   protocol: this protocol; separate protocol; not stated
--   months: months after the cells; NULL not told
--   n_trials: trials
--   n_followed_by: those of them that another registered study says to follow or extend
--   followed_by: these studies
--   n_trials_total: all trials counted
--   nct_ids: the trials of the row
WITH counted AS (
    SELECT nct_id, ltfu_where, ltfu_months
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
followers AS (
    SELECT related_nct_id AS nct_id, list_sort(list(DISTINCT trial_relations.nct_id)) AS followed_by
    FROM trial_relations
    WHERE relation IN ('follow_up_of', 'extension_of') AND related_nct_id IS NOT NULL
    GROUP BY related_nct_id
)
SELECT
    coalesce(ltfu_where, 'not stated') AS protocol,
    ltfu_months AS months,
    count(*) AS n_trials,
    count(followed_by) AS n_followed_by,
    list_sort(list_distinct(flatten(list(followed_by) FILTER (WHERE followed_by IS NOT NULL)))) AS followed_by,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(nct_id)) AS nct_ids
FROM counted
LEFT JOIN followers USING (nct_id)
GROUP BY protocol, months
ORDER BY protocol = 'not stated', n_trials DESC, protocol, months NULLS LAST
