-- title: Concomitant immunosuppression over time
-- grain: one row per year of registration and way of handling it, combinations without a trial included; undated trials in rows of their own
-- reason: whether patients come off their other drugs: without that, effects cannot be told apart
-- counts: interventional trials in scope; a trial counts once for each way it states
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   year: year of first posting; NULL where no date is given; the last year is not over
--   immunosuppression: washout (stopped before), allowed (may go on), combined (given on purpose), or not stated
--   n_trials: trials
--   n_trials_in_year: trials of that year, whatever they state
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, year(first_posted_date) AS year, concomitant_immunosuppression
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
stated AS (
    SELECT nct_id, year,
        unnest(CASE WHEN len(concomitant_immunosuppression) > 0 THEN list_distinct(concomitant_immunosuppression) ELSE ['not stated'] END) AS immunosuppression
    FROM counted
),
years AS (
    SELECT unnest(range(min(year), max(year) + 1)) AS year FROM counted
    UNION ALL
    SELECT DISTINCT year FROM counted WHERE year IS NULL
),
in_year AS (SELECT year, count(*) AS n_trials FROM counted GROUP BY year),
tallied AS (SELECT year, immunosuppression, count(*) AS n_trials FROM stated GROUP BY year, immunosuppression)
SELECT
    years.year,
    words.immunosuppression,
    coalesce(tallied.n_trials, 0) AS n_trials,
    coalesce(in_year.n_trials, 0) AS n_trials_in_year,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM years
CROSS JOIN (SELECT DISTINCT immunosuppression FROM stated) AS words
LEFT JOIN tallied ON tallied.year IS NOT DISTINCT FROM years.year AND tallied.immunosuppression = words.immunosuppression
LEFT JOIN in_year ON in_year.year IS NOT DISTINCT FROM years.year
ORDER BY years.year NULLS LAST, words.immunosuppression = 'not stated', words.immunosuppression
