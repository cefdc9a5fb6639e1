-- title: Trials by cell source
-- grain: one row per cell source, one for trials whose products differ, and one for trials that do not state it
-- reason: the patient's own cells, a donor's, or none made outside the body: what decides cost and waiting
-- counts: interventional trials in scope, each in one row; silence of a record is not stated, never a guess
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   cell_source: autologous, allogeneic, in vivo, several (its products differ), or not stated
--   n_trials: trials
--   n_recruiting: those of them that recruit now
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT cell_source, overall_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    coalesce(counted.cell_source, 'not stated') AS cell_source,
    count(*) AS n_trials,
    count(*) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
GROUP BY counted.cell_source
ORDER BY counted.cell_source IS NULL, n_trials DESC, 1
