-- title: Papers that report a trial
-- grain: one row per trial that a paper reports
-- reason: which trials can be read about, and how long that took
-- counts: interventional trials in scope with at least one paper whose relation is reports; retracted papers count and are told apart;
--   months are calendar months, since many dates are given as a month
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   sponsor: lead sponsor
--   n_papers: papers that report it
--   n_retracted: those of them that are retracted
--   n_with_concern: those of them with an expression of concern
--   first_pmid: the first paper
--   first_paper: its date, first day of what was given
--   months_from_registration: from first posting to the first paper
--   months_from_start: from start to the first paper
--   months_from_completion: from primary completion to the first paper; negative: interim results
--   n_trials_reported: all trials with such a paper
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, brief_title, coalesce(sponsor_canonical, lead_sponsor) AS sponsor, first_posted_date, start_date,
        primary_completion_date
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
ties AS (
    SELECT DISTINCT trial_publications.nct_id, trial_publications.pmid
    FROM trial_publications
    SEMI JOIN counted ON counted.nct_id = trial_publications.nct_id
    WHERE relation = 'reports'
),
reported AS (
    SELECT
        ties.nct_id,
        count(*) AS n_papers,
        count(*) FILTER (WHERE is_retracted) AS n_retracted,
        count(*) FILTER (WHERE has_expression_of_concern) AS n_with_concern,
        min(publication_date) AS first_paper,
        arg_min(ties.pmid, strftime(coalesce(publication_date, DATE '9999-12-31'), '%Y-%m-%d') || lpad(ties.pmid, 9, '0')) AS first_pmid
    FROM ties
    LEFT JOIN publications ON publications.pmid = ties.pmid
    WHERE is_deleted IS DISTINCT FROM true
    GROUP BY ties.nct_id
)
SELECT
    counted.nct_id, brief_title, sponsor, n_papers, n_retracted, n_with_concern, first_pmid, first_paper,
    date_diff('month', first_posted_date, first_paper) AS months_from_registration,
    date_diff('month', start_date, first_paper) AS months_from_start,
    date_diff('month', primary_completion_date, first_paper) AS months_from_completion,
    (SELECT count(*) FROM reported) AS n_trials_reported,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
JOIN reported ON reported.nct_id = counted.nct_id
ORDER BY first_paper NULLS LAST, counted.nct_id
