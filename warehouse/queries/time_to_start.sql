-- title: Time from registration to start
-- grain: one row per year of registration; undated trials in a row of their own
-- reason: how long a registered trial takes to begin, and whether it was registered before it began
-- counts: interventional trials in scope; months are calendar months from first posting to start, since many starts are given
--   as a month; starts may still be planned; a start given as a year only is not measured
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   year: year of first posting; NULL where no date is given
--   n_trials: trials
--   n_measured: trials with both dates, to the month or the day
--   n_planned: of those measured, starts that are still planned (ESTIMATED)
--   n_started_before: of those measured, starts in a month before the month of posting
--   median_months: median of months from posting to start; negative where it began before
--   q1_months: lower quartile
--   q3_months: upper quartile
--   n_no_start_date: trials without a start date
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT
        year(first_posted_date) AS year,
        start_date,
        start_date_type,
        CASE
            WHEN start_date_precision <> 'year' AND first_posted_date_precision <> 'year'
                THEN date_diff('month', first_posted_date, start_date)
        END AS months
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    year,
    count(*) AS n_trials,
    count(months) AS n_measured,
    count(months) FILTER (WHERE start_date_type = 'ESTIMATED') AS n_planned,
    count(months) FILTER (WHERE months < 0) AS n_started_before,
    quantile_cont(months, 0.5) AS median_months,
    quantile_cont(months, 0.25) AS q1_months,
    quantile_cont(months, 0.75) AS q3_months,
    count(*) FILTER (WHERE start_date IS NULL) AS n_no_start_date,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
GROUP BY year
ORDER BY year NULLS LAST
