-- title: Registered after the start
-- grain: one row per start year; trials without a start date in a row of their own
-- reason: a trial registered after it began may have been registered by what it found; journals ask for registration before
-- counts: interventional trials in scope, by start date; registration is the day of first submission, of first posting where that is
--   not given; a start given as a month or year may have been its last day, so lateness is never overstated
-- narrows: car_t_trials
-- dates: start_date
-- columns:
--   start_year: year of start; NULL where no start date is given
--   n_trials: trials
--   n_planned: trials whose start is still planned (ESTIMATED); in none of the columns below
--   n_before: registered on the day of the start or before
--   n_within_21_days: registered 1 to 21 days after the start
--   n_later: registered more than 21 days after the start
--   n_cannot_tell: dates are missing, or not exact enough
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT
        year(start_date) AS start_year,
        start_date_type IS NOT DISTINCT FROM 'ESTIMATED' AS is_planned,
        coalesce(first_submitted_date, first_posted_date) AS registered,
        start_date AS earliest_start,
        CASE start_date_precision
            WHEN 'month' THEN last_day(start_date)
            WHEN 'year' THEN CAST(start_date + INTERVAL 1 YEAR - INTERVAL 1 DAY AS DATE)
            ELSE start_date
        END AS latest_start
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
judged AS (
    SELECT start_year,
        CASE
            WHEN is_planned THEN 'planned'
            WHEN registered <= earliest_start THEN 'before'
            WHEN date_diff('day', latest_start, registered) > 21 THEN 'later'
            WHEN date_diff('day', latest_start, registered) > 0 THEN 'within'
            ELSE 'cannot tell'
        END AS verdict
    FROM counted
)
SELECT
    start_year,
    count(*) AS n_trials,
    count(*) FILTER (WHERE verdict = 'planned') AS n_planned,
    count(*) FILTER (WHERE verdict = 'before') AS n_before,
    count(*) FILTER (WHERE verdict = 'within') AS n_within_21_days,
    count(*) FILTER (WHERE verdict = 'later') AS n_later,
    count(*) FILTER (WHERE verdict = 'cannot tell') AS n_cannot_tell,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM judged
GROUP BY start_year
ORDER BY start_year NULLS LAST
