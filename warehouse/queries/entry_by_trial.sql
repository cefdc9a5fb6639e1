-- title: Who may enter, trial by trial: activity, failed treatments, washouts
-- grain: one row per trial
-- reason: how active and how refractory the disease must be, and what must have been stopped for how long, side by side
-- counts: interventional trials in scope, those that say the most first; "or" behind a floor says that it is one of several choices
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   sponsor: lead sponsor
--   diseases: diseases treated
--   activity: scores with the lowest and highest values that may enter; empty where none is stated
--   n_failed: treatments that must have failed, at least; NULL where no number is told
--   failed: treatments that must have failed, as named; empty where none is
--   washouts: drugs and classes with days, half-lives and what they count to; "ever" where any use before refuses
--   says: criteria given; no eligibility text given
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, coalesce(sponsor_canonical, lead_sponsor) AS sponsor, diseases, eligibility_criteria IS NOT NULL AS has_text
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
said AS (
    SELECT nct_id, kind, criterion_no, value, subject, class_values,
        CASE kind
            WHEN 'disease_activity' THEN subject
                || CASE WHEN eligible_min IS NOT NULL
                    THEN CASE WHEN min_inclusive THEN ' >= ' ELSE ' > ' END || printf('%g', eligible_min) ELSE '' END
                || CASE WHEN eligible_max IS NOT NULL
                    THEN CASE WHEN max_inclusive THEN ' <= ' ELSE ' < ' END || printf('%g', eligible_max) ELSE '' END
                || CASE WHEN is_conditional THEN ' (or)' ELSE '' END
            WHEN 'washout' THEN subject
                || CASE WHEN is_lifetime THEN ' ever' ELSE '' END
                || coalesce(' ' || printf('%g', days) || ' days', '')
                || coalesce(' ' || printf('%g', half_lives) || ' half-lives', '')
                || coalesce(' (the ' || days_rule || ')', '')
                || coalesce(' before ' || relative_to, '')
        END AS told
    FROM trial_criteria
    WHERE kind IN ('disease_activity', 'failed_therapies', 'washout')
),
asked AS (
    SELECT
        nct_id,
        list(told ORDER BY criterion_no) FILTER (WHERE kind = 'disease_activity') AS activity,
        max(value) FILTER (WHERE kind = 'failed_therapies') AS n_failed,
        list(coalesce(class_values, [subject])) FILTER (WHERE kind = 'failed_therapies') AS failed,
        list(told ORDER BY criterion_no) FILTER (WHERE kind = 'washout') AS washouts
    FROM said
    GROUP BY nct_id
)
SELECT
    counted.nct_id,
    sponsor,
    coalesce(diseases, []) AS diseases,
    coalesce(list_distinct(activity), []) AS activity,
    n_failed,
    coalesce(list_sort(list_distinct(flatten(failed))), []) AS failed,
    coalesce(list_distinct(washouts), []) AS washouts,
    CASE WHEN has_text THEN 'criteria given' ELSE 'no eligibility text given' END AS says,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
LEFT JOIN asked ON asked.nct_id = counted.nct_id
ORDER BY coalesce(len(activity), 0) + coalesce(len(failed), 0) + coalesce(len(washouts), 0) DESC, has_text DESC, counted.nct_id
