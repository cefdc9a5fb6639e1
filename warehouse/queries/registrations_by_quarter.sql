-- title: Registrations by quarter
-- grain: one row per quarter from the first registration to the last, quarters with none included; one more for trials without a date
-- reason: months of a small field jump; quarters show the trend
-- counts: interventional trials in scope, WITHDRAWN ones included, by the quarter in which the registration became public
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   quarter: such as 2026-Q1; NULL where no date is given
--   quarter_begins: first day of the quarter
--   n_trials: trials first posted in that quarter
--   n_cumulative: trials first posted until the end of that quarter; the row without a date adds to the total
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT first_posted_date, CAST(date_trunc('quarter', first_posted_date) AS DATE) AS quarter
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
quarters AS (
    SELECT CAST(unnest(generate_series(min(quarter), max(quarter), INTERVAL 3 MONTH)) AS DATE) AS quarter FROM counted
    UNION ALL
    -- Not `quarter IS NULL`: DuckDB 1.1 takes it that date_trunc never gives NULL.
    SELECT DISTINCT CAST(NULL AS DATE) FROM counted WHERE first_posted_date IS NULL
),
tallied AS (SELECT quarter, count(*) AS n_trials FROM counted GROUP BY quarter)
SELECT
    year(quarters.quarter) || '-Q' || quarter(quarters.quarter) AS quarter,
    quarters.quarter AS quarter_begins,
    coalesce(tallied.n_trials, 0) AS n_trials,
    CAST(sum(coalesce(tallied.n_trials, 0)) OVER (ORDER BY quarters.quarter NULLS LAST) AS BIGINT) AS n_cumulative,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM quarters
LEFT JOIN tallied ON tallied.quarter IS NOT DISTINCT FROM quarters.quarter
ORDER BY quarters.quarter NULLS LAST
