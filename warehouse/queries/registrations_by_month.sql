-- title: Registrations by month
-- grain: one row per month from the first registration to the last, months with none included; one more for trials without a date
-- reason: shows whether the field is still growing, month by month
-- counts: interventional trials in scope, WITHDRAWN ones included, by the month in which the registration became public
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   month: first day of the month; NULL where no date is given
--   n_trials: trials first posted in that month
--   n_cumulative: trials first posted until the end of that month; the row without a date adds to the total
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT first_posted_date, CAST(date_trunc('month', first_posted_date) AS DATE) AS month
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
months AS (
    SELECT CAST(unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH)) AS DATE) AS month FROM counted
    UNION ALL
    -- Not `month IS NULL`: DuckDB 1.1 takes it that date_trunc never gives NULL.
    SELECT DISTINCT CAST(NULL AS DATE) FROM counted WHERE first_posted_date IS NULL
),
tallied AS (SELECT month, count(*) AS n_trials FROM counted GROUP BY month)
SELECT
    months.month,
    coalesce(tallied.n_trials, 0) AS n_trials,
    CAST(sum(coalesce(tallied.n_trials, 0)) OVER (ORDER BY months.month NULLS LAST) AS BIGINT) AS n_cumulative,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM months
LEFT JOIN tallied ON tallied.month IS NOT DISTINCT FROM months.month
ORDER BY months.month NULLS LAST
