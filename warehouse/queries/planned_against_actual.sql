-- title: Planned against actual
-- grain: one row per trial whose enrolment is final
-- reason: whether trials reach the number they planned, and the date
-- counts: interventional trials in scope, without WITHDRAWN ones, whose enrolment is ACTUAL; the plan is the first ESTIMATED value
--   among the known versions: before `cartrials backfill history` those since tracking began; NULL where none is known
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   sponsor: lead sponsor
--   overall_status: recruitment status
--   first_planned: first enrolment known to be planned
--   last_planned: last enrolment planned before the actual one
--   actual: participants enrolled
--   percent_of_plan: actual as a percentage of first_planned
--   plan_since: since when the first plan stood, by the registry's dates
--   first_planned_completion: first primary completion known to be planned
--   primary_completion_date: primary completion now
--   primary_completion_date_type: ACTUAL or ESTIMATED
--   months_later: calendar months from the first planned to the present primary completion; negative: earlier
WITH counted AS (
    SELECT nct_id, brief_title, coalesce(sponsor_canonical, lead_sponsor) AS sponsor, overall_status, enrollment_count,
        primary_completion_date, primary_completion_date_type
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
        AND enrollment_type = 'ACTUAL'
        AND overall_status IS DISTINCT FROM 'WITHDRAWN'
),
planned AS (
    SELECT
        trial_states.nct_id,
        arg_min(enrollment_count, state_no) FILTER (WHERE is_plan) AS first_planned,
        arg_max(enrollment_count, state_no) FILTER (WHERE is_plan) AS last_planned,
        arg_min(valid_from, state_no) FILTER (WHERE is_plan) AS plan_since,
        arg_min(primary_completion_date, state_no) FILTER (WHERE is_planned_completion) AS first_planned_completion
    FROM (
        SELECT *,
            enrollment_type = 'ESTIMATED' AND enrollment_count IS NOT NULL AS is_plan,
            primary_completion_date_type = 'ESTIMATED' AND primary_completion_date IS NOT NULL AS is_planned_completion
        FROM trial_states
    ) AS trial_states
    SEMI JOIN counted ON counted.nct_id = trial_states.nct_id
    GROUP BY trial_states.nct_id
)
SELECT
    counted.nct_id, brief_title, sponsor, overall_status,
    first_planned,
    last_planned,
    enrollment_count AS actual,
    round(100.0 * enrollment_count / nullif(first_planned, 0), 1) AS percent_of_plan,
    CAST(plan_since AS DATE) AS plan_since,
    first_planned_completion,
    primary_completion_date,
    primary_completion_date_type,
    date_diff('month', first_planned_completion, primary_completion_date) AS months_later
FROM counted
LEFT JOIN planned ON planned.nct_id = counted.nct_id
ORDER BY percent_of_plan NULLS LAST, counted.nct_id
