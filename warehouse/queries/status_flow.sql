-- title: How status moves
-- grain: one row per status left and status entered; the first status known of each trial in rows of its own
-- reason: how many registered trials come to recruit, finish, stop or fall silent, and after how long
-- counts: changes of status among the known versions of interventional trials in scope; a trial may move more than once; before
--   `cartrials backfill history` the versions are those seen since tracking began
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   from_status: status before, the registry's word; first known for the first one
--   to_status: status after
--   n_changes: times it happened
--   n_trials: trials to which it happened
--   median_days_before: median days in the status before, by the registry's dates; NULL for first known
--   last_change: latest day it happened
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
states AS (
    SELECT trial_states.nct_id, state_no, coalesce(overall_status, 'not stated') AS status, valid_from,
        lag(coalesce(overall_status, 'not stated')) OVER (PARTITION BY trial_states.nct_id ORDER BY state_no) AS status_before
    FROM trial_states
    SEMI JOIN counted ON counted.nct_id = trial_states.nct_id
),
moves AS (
    SELECT nct_id, status_before, status, valid_from,
        lag(valid_from) OVER (PARTITION BY nct_id ORDER BY state_no) AS since
    FROM states
    WHERE status IS DISTINCT FROM status_before
)
SELECT
    coalesce(moves.status_before, 'first known') AS from_status,
    status AS to_status,
    count(*) AS n_changes,
    count(DISTINCT nct_id) AS n_trials,
    quantile_cont(date_diff('day', since, valid_from), 0.5) AS median_days_before,
    CAST(max(valid_from) AS DATE) AS last_change,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM moves
GROUP BY moves.status_before, status
ORDER BY moves.status_before IS NOT NULL, n_changes DESC, 1, 2
