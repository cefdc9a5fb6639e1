-- title: Primary completion that moved
-- grain: one row per trial whose primary completion was moved
-- reason: which trials slip, how far and how often
-- counts: interventional trials in scope; a date moved when its month did, or its day where both were given to the day; before
--   `cartrials backfill history` moves are known since tracking began
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   sponsor: lead sponsor
--   overall_status: recruitment status
--   first_known: the first primary completion known
--   primary_completion_date: primary completion now; first day of what was given
--   primary_completion_date_type: ACTUAL or ESTIMATED
--   months_later: calendar months from the first known to the present one; negative: earlier
--   n_later: how often it was moved to a later date
--   n_earlier: how often to an earlier one
--   last_moved: when it moved last, by the registry's dates
--   known_since: since when the first one stood, by the registry's dates
--   brief_title: its title
WITH counted AS (
    SELECT nct_id, brief_title, coalesce(sponsor_canonical, lead_sponsor) AS sponsor, overall_status,
        primary_completion_date, primary_completion_date_type
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
stated AS (
    SELECT nct_id, state_no, valid_from, primary_completion_date AS dated, primary_completion_date_precision AS precise
    FROM trial_states
    SEMI JOIN counted ON counted.nct_id = trial_states.nct_id
    WHERE primary_completion_date IS NOT NULL
),
followed AS (
    SELECT *,
        lag(dated) OVER (PARTITION BY nct_id ORDER BY state_no) AS dated_before,
        lag(precise) OVER (PARTITION BY nct_id ORDER BY state_no) AS precise_before
    FROM stated
),
judged AS (
    SELECT *,
        CASE
            WHEN dated_before IS NULL THEN 0
            WHEN (precise = 'day' AND precise_before = 'day') OR date_trunc('month', dated) <> date_trunc('month', dated_before)
                THEN sign(date_diff('day', dated_before, dated))
            ELSE 0
        END AS direction
    FROM followed
),
moved AS (
    SELECT
        nct_id,
        arg_min(dated, state_no) AS first_known,
        min(valid_from) AS known_since,
        count(*) FILTER (WHERE direction > 0) AS n_later,
        count(*) FILTER (WHERE direction < 0) AS n_earlier,
        max(valid_from) FILTER (WHERE direction <> 0) AS last_moved
    FROM judged
    GROUP BY nct_id
)
SELECT
    counted.nct_id, sponsor, overall_status,
    first_known,
    primary_completion_date,
    primary_completion_date_type,
    date_diff('month', first_known, primary_completion_date) AS months_later,
    n_later,
    n_earlier,
    CAST(last_moved AS DATE) AS last_moved,
    CAST(known_since AS DATE) AS known_since,
    brief_title
FROM counted
JOIN moved ON moved.nct_id = counted.nct_id
WHERE n_later + n_earlier > 0
ORDER BY months_later DESC NULLS LAST, n_later DESC, counted.nct_id
