-- title: How active the disease must be
-- grain: one row per score or measure and floor, conditional floors apart, and one for trials that state none
-- reason: whom the field enrols; a floor that is only one of several choices is no floor for all
-- counts: interventional trials in scope, once for each row that their criteria make; not items of the text
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   subject: score or measure as named; not stated; no eligibility text given
--   floor: lowest value that may enter; NULL where only a ceiling is told
--   ceiling: highest value that may enter; NULL none
--   unit: unit in UCUM, else as written
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
        CASE WHEN trial_criteria.nct_id IS NOT NULL THEN trial_criteria.subject
            WHEN counted.has_text THEN 'not stated' ELSE 'no eligibility text given' END AS subject,
        trial_criteria.eligible_min AS floor,
        trial_criteria.eligible_max AS ceiling,
        coalesce(trial_criteria.unit_canonical, trial_criteria.unit) AS unit,
        trial_criteria.is_conditional
    FROM counted
    LEFT JOIN trial_criteria
        ON trial_criteria.nct_id = counted.nct_id AND trial_criteria.kind = 'disease_activity'
)
SELECT
    subject,
    floor,
    ceiling,
    unit,
    is_conditional,
    count(DISTINCT nct_id) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(DISTINCT nct_id)) AS nct_ids
FROM asked
GROUP BY subject, floor, ceiling, unit, is_conditional
ORDER BY n_trials DESC, subject, floor NULLS LAST, ceiling NULLS LAST, unit NULLS LAST, is_conditional NULLS LAST
