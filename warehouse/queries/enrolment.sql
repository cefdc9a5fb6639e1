-- title: Enrolment, planned and actual
-- grain: one row per type of enrolment and size of trial; withdrawn trials, none enrolled and not stated in rows of their own
-- reason: how many people the field has treated and means to treat, and how small its trials are
-- counts: interventional trials in scope; participants of WITHDRAWN trials are in no sum, and those of follow-up studies are in
--   none either, since they were treated elsewhere; all participants of a trial count, those of control arms or with other diseases too
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   enrollment_type: ACTUAL, ESTIMATED (planned), or not stated
--   size: participants of a trial, as a band; withdrawn; not stated
--   n_trials: trials
--   participants: sum of their participants; NULL for withdrawn and not stated
--   median_of_type: median participants of all trials of that type that state them, withdrawn ones left out
--   participants_of_type: sum over the type, withdrawn trials left out
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT
        coalesce(enrollment_type, 'not stated') AS enrollment_type,
        overall_status IS NOT DISTINCT FROM 'WITHDRAWN' AS is_withdrawn,
        enrollment_count
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
sized AS (
    SELECT
        enrollment_type,
        CASE WHEN NOT is_withdrawn THEN enrollment_count END AS participants,
        CASE
            WHEN is_withdrawn THEN 'withdrawn'
            WHEN enrollment_count IS NULL THEN 'not stated'
            WHEN enrollment_count = 0 THEN '0'
            WHEN enrollment_count < 10 THEN '1-9'
            WHEN enrollment_count < 20 THEN '10-19'
            WHEN enrollment_count < 50 THEN '20-49'
            WHEN enrollment_count < 100 THEN '50-99'
            ELSE '100 and more'
        END AS size
    FROM counted
),
of_type AS (
    SELECT enrollment_type, quantile_cont(participants, 0.5) AS median, CAST(sum(participants) AS BIGINT) AS participants
    FROM sized
    GROUP BY enrollment_type
)
SELECT
    sized.enrollment_type,
    sized.size,
    count(*) AS n_trials,
    CAST(sum(sized.participants) AS BIGINT) AS participants,
    min(of_type.median) AS median_of_type,
    min(of_type.participants) AS participants_of_type,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM sized
JOIN of_type ON of_type.enrollment_type = sized.enrollment_type
GROUP BY sized.enrollment_type, sized.size
ORDER BY
    sized.enrollment_type,
    list_position(['0', '1-9', '10-19', '20-49', '50-99', '100 and more', 'withdrawn', 'not stated'], sized.size)
