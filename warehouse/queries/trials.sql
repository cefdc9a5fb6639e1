-- title: Trials, one by one
-- grain: one row per trial
-- reason: which trials there are under any filter, and what is to be expected of them next
-- counts: interventional trials in scope, the newest registration first; a milestone that is past is no next one, and a withdrawn trial has none
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   sponsor: lead sponsor
--   products: what is given, by the names of the record
--   target_antigens: what they bind; empty where it is not stated
--   phase: phases, as the registry joins them; NULL where none is stated
--   overall_status: recruitment status
--   next_milestone: start, primary completion or completion: the nearest that is not past at the data date; NULL where none is
--   next_milestone_date: first day of what was given for it
--   next_milestone_precision: day, month or year
--   first_posted_date: registration
--   allocation: how participants are assigned: RANDOMIZED, NON_RANDOMIZED, NA; NULL not stated
--   comparators: what the cells are compared with; empty where nothing tells
--   comparator_agents: the drugs among them
--   diseases: diseases treated, forms and what they are forms of
--   countries: countries of its sites
--   enrollment_count: participants, planned or actual
--   brief_title: its title
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT *
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
milestones AS (
    SELECT nct_id, 1 AS place, 'start' AS milestone, start_date AS dated, start_date_precision AS precise FROM counted
    UNION ALL
    SELECT nct_id, 2, 'primary completion', primary_completion_date, primary_completion_date_precision FROM counted
    UNION ALL
    SELECT nct_id, 3, 'completion', completion_date, completion_date_precision FROM counted
),
running AS (SELECT nct_id FROM counted WHERE overall_status IS DISTINCT FROM 'WITHDRAWN'),
ahead AS (
    SELECT
        nct_id,
        arg_min(milestone, (dated, place)) AS next_milestone,
        arg_min(dated, (dated, place)) AS next_milestone_date,
        arg_min(precise, (dated, place)) AS next_milestone_precision
    FROM milestones
    SEMI JOIN running ON running.nct_id = milestones.nct_id
    WHERE CASE precise
        WHEN 'month' THEN last_day(dated)
        WHEN 'year' THEN CAST(dated + INTERVAL 1 YEAR - INTERVAL 1 DAY AS DATE)
        ELSE dated
    END >= (SELECT CAST(max(published_at) AS DATE) FROM release)
    GROUP BY nct_id
)
SELECT
    counted.nct_id,
    coalesce(sponsor_canonical, lead_sponsor) AS sponsor,
    coalesce(products, []) AS products,
    coalesce(target_antigens, []) AS target_antigens,
    phase_label AS phase,
    overall_status,
    next_milestone,
    next_milestone_date,
    next_milestone_precision,
    first_posted_date,
    allocation,
    coalesce(comparators, []) AS comparators,
    coalesce(comparator_agents, []) AS comparator_agents,
    coalesce(diseases, []) AS diseases,
    coalesce(countries, []) AS countries,
    enrollment_count,
    brief_title,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
LEFT JOIN ahead ON ahead.nct_id = counted.nct_id
ORDER BY first_posted_date DESC NULLS LAST, counted.nct_id
