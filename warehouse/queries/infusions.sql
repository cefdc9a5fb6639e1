-- title: How often cells are given, and whether again
-- grain: one row per number of infusions, split dose and re-dosing
-- reason: one infusion is the promise of the field; second ones say where it is not kept
-- counts: interventional trials in scope, each in one row
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   n_infusions: infusions planned for each participant: 1, 1-2; not stated
--   is_split_dose: true where one dose is given in parts; NULL not stated
--   redosing: planned, possible, excluded; not stated
--   n_trials: trials
--   n_trials_total: all trials counted
--   nct_ids: the trials of the row
WITH counted AS (
    SELECT
        nct_id,
        CASE WHEN n_infusions_min IS NULL THEN 'not stated'
            WHEN n_infusions_min = n_infusions_max THEN n_infusions_min::VARCHAR
            ELSE n_infusions_min || '-' || n_infusions_max END AS n_infusions,
        is_split_dose,
        coalesce(redosing, 'not stated') AS redosing
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    n_infusions,
    is_split_dose,
    redosing,
    count(*) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(nct_id)) AS nct_ids
FROM counted
GROUP BY n_infusions, is_split_dose, redosing
ORDER BY n_infusions = 'not stated' AND redosing = 'not stated', n_trials DESC, n_infusions, is_split_dose NULLS LAST, redosing
