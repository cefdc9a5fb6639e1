-- title: How long contraception must go on
-- grain: one row per months, what they count from and for whom, and one for trials that state none
-- reason: the shadow that conditioning and cells throw over family planning
-- counts: interventional trials in scope, once for each row that their criteria make
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   months: months, at least; NULL not told
--   relative_to: what they count from: infusion, last dose, end of study; NULL not told
--   sex: women, men; NULL both
--   says: months told; asked without months; not stated; no eligibility text given
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
        trial_criteria.value AS months,
        trial_criteria.relative_to,
        trial_criteria.sex,
        CASE WHEN trial_criteria.value IS NOT NULL THEN 'months told'
            WHEN trial_criteria.nct_id IS NOT NULL THEN 'asked without months'
            WHEN counted.has_text THEN 'not stated' ELSE 'no eligibility text given' END AS says
    FROM counted
    LEFT JOIN trial_criteria
        ON trial_criteria.nct_id = counted.nct_id AND trial_criteria.kind = 'contraception'
)
SELECT
    months,
    relative_to,
    sex,
    says,
    count(DISTINCT nct_id) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(DISTINCT nct_id)) AS nct_ids
FROM asked
GROUP BY months, relative_to, sex, says
ORDER BY n_trials DESC, months NULLS LAST, relative_to NULLS LAST, sex NULLS LAST, says
