-- title: Registrations by year
-- grain: one row per year from the first registration to the last, years with none included; one more for trials without a date
-- reason: the growth of the field in one look
-- counts: interventional trials in scope, WITHDRAWN ones included, by the year in which the registration became public
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   year: year of first posting; NULL where no date is given; the last year is not over
--   n_trials: trials first posted in that year
--   n_withdrawn: those of them that were withdrawn before anybody was enrolled
--   n_cumulative: trials first posted until the end of that year; the row without a date adds to the total
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT year(first_posted_date) AS year, overall_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
years AS (
    SELECT unnest(range(min(year), max(year) + 1)) AS year FROM counted
    UNION ALL
    SELECT DISTINCT year FROM counted WHERE year IS NULL
),
tallied AS (
    SELECT year, count(*) AS n_trials, count(*) FILTER (WHERE overall_status = 'WITHDRAWN') AS n_withdrawn
    FROM counted
    GROUP BY year
)
SELECT
    years.year,
    coalesce(tallied.n_trials, 0) AS n_trials,
    coalesce(tallied.n_withdrawn, 0) AS n_withdrawn,
    CAST(sum(coalesce(tallied.n_trials, 0)) OVER (ORDER BY years.year NULLS LAST) AS BIGINT) AS n_cumulative,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM years
LEFT JOIN tallied ON tallied.year IS NOT DISTINCT FROM years.year
ORDER BY years.year NULLS LAST
