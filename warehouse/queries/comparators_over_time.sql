-- title: Comparators over time
-- grain: one row per year of registration and comparator, combinations without a trial included; undated trials in rows of their own
-- reason: whether the field moves from single-arm studies to controlled ones
-- counts: interventional trials in scope; a trial with several comparators counts once for each; none is a single arm, not stated
--   a record without arms
-- narrows: car_t_trials
-- dates: first_posted_date
-- rests_on: trial_arms
-- columns:
--   year: year of first posting; NULL where no date is given; the last year is not over
--   comparator: active, placebo, standard of care, no treatment, dose or regimen, none, or not stated
--   n_trials: trials
--   n_trials_in_year: trials of that year, whatever they state
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, year(first_posted_date) AS year, comparators
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
stated AS (
    SELECT nct_id, year,
        unnest(CASE WHEN len(comparators) > 0 THEN list_distinct(comparators) ELSE ['not stated'] END) AS comparator
    FROM counted
),
years AS (
    SELECT unnest(range(min(year), max(year) + 1)) AS year FROM counted
    UNION ALL
    SELECT DISTINCT year FROM counted WHERE year IS NULL
),
in_year AS (SELECT year, count(*) AS n_trials FROM counted GROUP BY year),
tallied AS (SELECT year, comparator, count(*) AS n_trials FROM stated GROUP BY year, comparator)
SELECT
    years.year,
    words.comparator,
    coalesce(tallied.n_trials, 0) AS n_trials,
    coalesce(in_year.n_trials, 0) AS n_trials_in_year,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM years
CROSS JOIN (SELECT DISTINCT comparator FROM stated) AS words
LEFT JOIN tallied ON tallied.year IS NOT DISTINCT FROM years.year AND tallied.comparator = words.comparator
LEFT JOIN in_year ON in_year.year IS NOT DISTINCT FROM years.year
ORDER BY years.year NULLS LAST, words.comparator = 'not stated', words.comparator
