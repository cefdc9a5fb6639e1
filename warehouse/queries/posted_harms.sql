-- title: Deaths and serious adverse events as posted
-- grain: one row per trial with posted results and group of its adverse events
-- reason: harms with the number at risk and the time over which they were collected; groups are never added up, since the same
--   participants may be in several
-- counts: interventional trials in scope whose posted results list groups of adverse events; participants as posted, NULL where
--   they were not told, never zero; no event has a grade, and serious is not severe
-- narrows: car_t_trials
-- dates: results_first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   sponsor: lead sponsor
--   results_first_posted_date: when results became public
--   group_no: group of the trial
--   group_title: its title as posted
--   deaths_n_affected: participants who died, of whatever cause; NULL not told
--   deaths_n_at_risk: of how many
--   serious_n_affected: participants with a serious adverse event; NULL not told
--   serious_n_at_risk: of how many
--   n_serious_terms: serious events listed that at least one participant of the group had
--   most_frequent: the serious event of most participants of the group, with how many had it and were at risk; NULL none listed
--   time_frame: over what time adverse events were collected
--   url: the registry's page
WITH serious AS (
    SELECT
        nct_id,
        group_no,
        count(DISTINCT term_no) AS n_serious_terms,
        first(concat(coalesce(term, 'not named'), ' ', n_affected, ' of ', coalesce(CAST(n_at_risk AS VARCHAR), 'not told'))
            ORDER BY n_affected DESC, term_no) AS most_frequent
    FROM trial_adverse_events
    WHERE is_serious AND n_affected > 0
    GROUP BY ALL
)
SELECT
    trials.nct_id,
    trials.brief_title,
    coalesce(trials.sponsor_canonical, trials.lead_sponsor) AS sponsor,
    trials.results_first_posted_date,
    posted.group_no,
    posted.title AS group_title,
    posted.deaths_n_affected,
    posted.deaths_n_at_risk,
    posted.serious_n_affected,
    posted.serious_n_at_risk,
    coalesce(serious.n_serious_terms, 0) AS n_serious_terms,
    serious.most_frequent,
    results.adverse_events_time_frame AS time_frame,
    trials.url
FROM car_t_trials AS trials
JOIN trial_results AS results ON results.nct_id = trials.nct_id
JOIN trial_result_groups AS posted ON posted.nct_id = trials.nct_id AND posted.module = 'adverse_events'
LEFT JOIN serious ON serious.nct_id = trials.nct_id AND serious.group_no = posted.group_no
WHERE trials.study_type = 'INTERVENTIONAL'
ORDER BY trials.results_first_posted_date DESC NULLS LAST, trials.nct_id, posted.group_no
