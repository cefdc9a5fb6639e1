-- title: Trials by phase
-- grain: one row per phase, and one for trials that state none
-- reason: how far the field has come
-- counts: interventional trials in scope; a trial of Phase 1/Phase 2 counts once for each, so rows add up to more than n_trials_total;
--   NA is the registry's word for no phase; early investigator-initiated trials use EARLY_PHASE1 or NA
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   phase: the registry's word, or not stated
--   n_trials: trials of that phase, alone or combined
--   n_trials_alone: those of them that name no other phase
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, phases
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
named AS (
    SELECT nct_id, len(phases) AS n_phases,
        unnest(CASE WHEN len(phases) > 0 THEN list_distinct(phases) ELSE ['not stated'] END) AS phase
    FROM counted
)
SELECT
    phase,
    count(*) AS n_trials,
    count(*) FILTER (WHERE coalesce(n_phases, 0) < 2) AS n_trials_alone,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM named
GROUP BY phase
ORDER BY
    coalesce(nullif(list_position(['NA', 'EARLY_PHASE1', 'PHASE1', 'PHASE2', 'PHASE3', 'PHASE4'], phase), 0), CASE phase WHEN 'not stated' THEN 99 ELSE 50 END),
    phase
