-- title: Harms that trials measure
-- grain: one row per harm, and one for trials whose outcomes name none of them
-- reason: whether trials look for the harms that CAR cells are known for
-- counts: interventional trials in scope; a trial counts once for each harm that its outcomes name; adverse events in general are none of them
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   safety_outcome: CRS, ICANS, cytopenia, infection, hypogammaglobulinaemia, second malignancy; none named; not stated (no profile)
--   n_trials: trials
--   n_without_outcomes: those of them that list no outcome at all
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, safety_outcomes
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
stated AS (
    SELECT nct_id, nct_id NOT IN (SELECT nct_id FROM trial_outcomes) AS is_without_outcomes,
        unnest(CASE
            WHEN safety_outcomes IS NULL THEN ['not stated']
            WHEN len(safety_outcomes) = 0 THEN ['none named']
            ELSE list_distinct(safety_outcomes)
        END) AS safety_outcome
    FROM counted
)
SELECT
    safety_outcome,
    count(*) AS n_trials,
    count(*) FILTER (WHERE is_without_outcomes) AS n_without_outcomes,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM stated
GROUP BY safety_outcome
ORDER BY safety_outcome = 'not stated', safety_outcome = 'none named', n_trials DESC, safety_outcome
