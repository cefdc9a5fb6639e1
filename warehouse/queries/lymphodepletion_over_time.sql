-- title: Lymphodepletion over time
-- grain: one row per year of registration and regimen, combinations without a trial included; undated trials in rows of their own
-- reason: whether trials do with less preparation, or with none
-- counts: interventional trials in scope; a trial with alternative regimens counts once for each; none is stated by the record, not
--   stated is its silence
-- narrows: car_t_trials
-- dates: first_posted_date
-- rests_on: trial_arms
-- columns:
--   year: year of first posting; NULL where no date is given; the last year is not over
--   regimen: fludarabine + cyclophosphamide, cyclophosphamide, ..., none, or not stated
--   n_trials: trials
--   n_trials_in_year: trials of that year, whatever they state
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, year(first_posted_date) AS year, lymphodepletion
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
stated AS (
    SELECT nct_id, year,
        unnest(CASE WHEN len(lymphodepletion) > 0 THEN list_distinct(lymphodepletion) ELSE ['not stated'] END) AS regimen
    FROM counted
),
years AS (
    SELECT unnest(range(min(year), max(year) + 1)) AS year FROM counted
    UNION ALL
    SELECT DISTINCT year FROM counted WHERE year IS NULL
),
in_year AS (SELECT year, count(*) AS n_trials FROM counted GROUP BY year),
tallied AS (SELECT year, regimen, count(*) AS n_trials FROM stated GROUP BY year, regimen)
SELECT
    years.year,
    words.regimen,
    coalesce(tallied.n_trials, 0) AS n_trials,
    coalesce(in_year.n_trials, 0) AS n_trials_in_year,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM years
CROSS JOIN (SELECT DISTINCT regimen FROM stated) AS words
LEFT JOIN tallied ON tallied.year IS NOT DISTINCT FROM years.year AND tallied.regimen = words.regimen
LEFT JOIN in_year ON in_year.year IS NOT DISTINCT FROM years.year
ORDER BY years.year NULLS LAST, words.regimen = 'not stated', words.regimen
