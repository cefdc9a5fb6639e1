-- title: How long participants stay in hospital after the cells
-- grain: one row per kind of stay and days, and one for trials that state none
-- reason: what the cells ask of a ward, and which trials give them to outpatients
-- counts: interventional trials in scope, each in one row
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   kind: at least; planned; no time told; outpatient; not stated
--   days: days; NULL not told
--   n_trials: trials
--   n_trials_total: all trials counted
--   nct_ids: the trials of the row
WITH counted AS (
    SELECT nct_id, coalesce(hospital_stay_kind, 'not stated') AS kind, hospital_stay_days AS days
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    kind,
    days,
    count(*) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(nct_id)) AS nct_ids
FROM counted
GROUP BY kind, days
ORDER BY kind = 'not stated', n_trials DESC, kind, days NULLS LAST
