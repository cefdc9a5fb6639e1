-- title: How many treatments must have failed
-- grain: one row per number of treatments and least duration that criteria ask for, and one for trials that state none
-- reason: how refractory the disease must be
-- counts: interventional trials in scope, once for each row that their criteria make
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   n_treatments: treatments, at least; NULL where treatments are named without a number
--   least_days: how long they must have been given, days; NULL not told
--   says: number told; treatments named; not stated; no eligibility text given
--   is_conditional: true where it holds on a condition or as one of several choices
--   n_trials: trials
--   n_trials_total: all trials counted
--   nct_ids: the trials of the row
WITH counted AS (
    SELECT nct_id, eligibility_criteria IS NOT NULL AS has_text
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
asked AS (
    SELECT
        counted.nct_id,
        trial_criteria.value AS n_treatments,
        trial_criteria.days AS least_days,
        CASE WHEN trial_criteria.value IS NOT NULL THEN 'number told'
            WHEN trial_criteria.nct_id IS NOT NULL THEN 'treatments named'
            WHEN counted.has_text THEN 'not stated' ELSE 'no eligibility text given' END AS says,
        trial_criteria.is_conditional
    FROM counted
    LEFT JOIN trial_criteria
        ON trial_criteria.nct_id = counted.nct_id AND trial_criteria.kind = 'failed_therapies'
)
SELECT
    n_treatments,
    least_days,
    says,
    is_conditional,
    count(DISTINCT nct_id) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(DISTINCT nct_id)) AS nct_ids
FROM asked
GROUP BY n_treatments, least_days, says, is_conditional
ORDER BY n_trials DESC, n_treatments NULLS LAST, least_days NULLS LAST, says, is_conditional NULLS LAST
