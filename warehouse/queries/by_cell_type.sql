-- title: Trials by cell type
-- grain: one row per cell type, one for trials whose products differ, and one for trials that do not state it
-- reason: which engineered cells are tried besides T cells
-- counts: interventional trials in scope, each in one row; silence of a record is not stated, never a guess
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   cell_type: CAR-T, CAR-NK, CAAR-T, ..., several (its products differ), or not stated
--   n_trials: trials
--   n_recruiting: those of them that recruit now
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT cell_type, overall_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    coalesce(counted.cell_type, 'not stated') AS cell_type,
    count(*) AS n_trials,
    count(*) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
GROUP BY counted.cell_type
ORDER BY counted.cell_type IS NULL, n_trials DESC, 1
