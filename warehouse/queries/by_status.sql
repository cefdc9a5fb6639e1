-- title: Trials by recruitment status
-- grain: one row per recruitment status, and one for trials that state none
-- reason: what is open to patients now, and what stopped
-- counts: interventional trials in scope, each in one row; statuses are the registry's whole words
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   overall_status: the registry's word, or not stated
--   n_trials: trials
--   n_last_known_recruiting: of status UNKNOWN, those that recruited when last verified
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT overall_status, last_known_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    coalesce(counted.overall_status, 'not stated') AS overall_status,
    count(*) AS n_trials,
    count(*) FILTER (WHERE counted.overall_status = 'UNKNOWN' AND last_known_status = 'RECRUITING') AS n_last_known_recruiting,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
GROUP BY counted.overall_status
ORDER BY counted.overall_status IS NULL, n_trials DESC, 1
