-- title: What must have been stopped, for how long
-- grain: one row per drug or class, days, half-lives and what they count from, and one for trials that state none
-- reason: which background treatment is washed out before the cells; rows that name the drug, its class or any biologic
-- counts: interventional trials in scope, once for each row that their criteria make
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   subject: drug or class as named; not stated; no eligibility text given
--   subject_class: class of it
--   days: days, at least; NULL not told
--   half_lives: half-lives, at least; NULL not told
--   relative_to: what they count from; NULL not told
--   is_lifetime: true where any use before, whenever, refuses
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
        CASE WHEN trial_criteria.nct_id IS NOT NULL THEN trial_criteria.subject
            WHEN counted.has_text THEN 'not stated' ELSE 'no eligibility text given' END AS subject,
        trial_criteria.subject_class,
        trial_criteria.days,
        trial_criteria.half_lives,
        trial_criteria.relative_to,
        coalesce(trial_criteria.is_lifetime, false) AS is_lifetime
    FROM counted
    LEFT JOIN trial_criteria
        ON trial_criteria.nct_id = counted.nct_id AND trial_criteria.kind = 'washout'
)
SELECT
    subject,
    subject_class,
    days,
    half_lives,
    relative_to,
    is_lifetime,
    count(DISTINCT nct_id) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(DISTINCT nct_id)) AS nct_ids
FROM asked
GROUP BY subject, subject_class, days, half_lives, relative_to, is_lifetime
ORDER BY
    n_trials DESC, subject, days NULLS LAST, half_lives NULLS LAST, relative_to NULLS LAST, subject_class NULLS LAST, is_lifetime
