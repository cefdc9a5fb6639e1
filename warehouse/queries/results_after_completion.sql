-- title: What is public a year after completion
-- grain: one row per year of primary completion and what is public
-- reason: how much of what was finished can be read: results at the registry, a paper that reports it, both or neither
-- counts: interventional trials in scope, without WITHDRAWN ones, whose primary completion (not a planned one) lies more than 12
--   months before the data date; whether a law obliges the sponsor is not judged
-- narrows: car_t_trials
-- dates: primary_completion_date
-- columns:
--   completion_year: year of primary completion
--   made_public: results posted; paper; results posted and paper; neither
--   n_trials: trials
--   n_trials_finished: trials of all rows
--   nct_ids: the trials of the row
WITH data_date AS (SELECT CAST(max(published_at) AS DATE) AS today FROM release),
counted AS (
    SELECT nct_id, has_results, year(primary_completion_date) AS completion_year
    FROM car_t_trials
    CROSS JOIN data_date
    WHERE study_type = 'INTERVENTIONAL'
        AND overall_status IS DISTINCT FROM 'WITHDRAWN'
        AND primary_completion_date_type IS DISTINCT FROM 'ESTIMATED'
        AND CAST(CASE primary_completion_date_precision
            WHEN 'month' THEN last_day(primary_completion_date)
            WHEN 'year' THEN primary_completion_date + INTERVAL 1 YEAR - INTERVAL 1 DAY
            ELSE primary_completion_date
        END + INTERVAL 12 MONTH AS DATE) < today
),
reported AS (
    SELECT DISTINCT trial_publications.nct_id
    FROM trial_publications
    LEFT JOIN publications ON publications.pmid = trial_publications.pmid
    WHERE relation = 'reports' AND is_deleted IS DISTINCT FROM true
),
told AS (
    SELECT
        counted.nct_id,
        completion_year,
        CASE WHEN has_results AND reported.nct_id IS NOT NULL THEN 'results posted and paper'
            WHEN has_results THEN 'results posted'
            WHEN reported.nct_id IS NOT NULL THEN 'paper'
            ELSE 'neither'
        END AS made_public
    FROM counted
    LEFT JOIN reported ON reported.nct_id = counted.nct_id
)
SELECT
    completion_year,
    made_public,
    count(*) AS n_trials,
    (SELECT count(*) FROM told) AS n_trials_finished,
    list(nct_id ORDER BY nct_id) AS nct_ids
FROM told
GROUP BY ALL
ORDER BY completion_year, made_public
