-- title: Trials by disease
-- grain: one row per canonical disease, and one for trials whose disease is not stated
-- reason: which diseases are tried, lupus first
-- counts: interventional trials in scope; a trial counts once for each of its diseases, and for the disease that one is a form of
--   (lupus nephritis counts as SLE too), so rows add up to more than n_trials_total
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   disease: canonical name, or not stated
--   parent_disease: disease it is a form of
--   disease_group: group of diseases
--   n_trials: trials that treat it
--   n_recruiting: those of them that recruit now
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, overall_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
treated AS (
    SELECT counted.nct_id, counted.overall_status, trial_diseases.disease, trial_diseases.parent_disease, trial_diseases.disease_group
    FROM counted
    LEFT JOIN trial_diseases ON trial_diseases.nct_id = counted.nct_id
)
SELECT
    coalesce(treated.disease, 'not stated') AS disease,
    min(parent_disease) AS parent_disease,
    min(disease_group) AS disease_group,
    count(DISTINCT nct_id) AS n_trials,
    count(DISTINCT nct_id) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM treated
GROUP BY treated.disease
ORDER BY treated.disease IS NULL, n_trials DESC, 1
