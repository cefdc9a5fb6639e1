-- title: Results overdue
-- grain: one row per trial
-- reason: completed trials whose results nobody can read
-- counts: interventional trials in scope, without WITHDRAWN ones, whose primary completion (not a planned one) lies more than 12
--   months before the data date and that have posted no results; whether a law obliges the sponsor is not judged
-- narrows: car_t_trials
-- dates: primary_completion_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   sponsor: lead sponsor
--   overall_status: recruitment status
--   primary_completion_date: first day of what was given
--   primary_completion_date_precision: day, month or year
--   months_overdue: full months since results were due, at the data date
--   n_papers: papers that report it
--   first_paper: date of the first of them
--   url: the registry's page
WITH data_date AS (SELECT CAST(max(published_at) AS DATE) AS today FROM release),
completed AS (
    SELECT nct_id, brief_title, coalesce(sponsor_canonical, lead_sponsor) AS sponsor, overall_status,
        primary_completion_date, primary_completion_date_precision, url,
        CAST(CASE primary_completion_date_precision
            WHEN 'month' THEN last_day(primary_completion_date)
            WHEN 'year' THEN primary_completion_date + INTERVAL 1 YEAR - INTERVAL 1 DAY
            ELSE primary_completion_date
        END + INTERVAL 12 MONTH AS DATE) AS due
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
        AND overall_status IS DISTINCT FROM 'WITHDRAWN'
        AND primary_completion_date_type IS DISTINCT FROM 'ESTIMATED'
        AND has_results IS DISTINCT FROM true
),
reported AS (
    SELECT trial_publications.nct_id, count(DISTINCT trial_publications.pmid) AS n_papers, min(publication_date) AS first_paper
    FROM trial_publications
    LEFT JOIN publications ON publications.pmid = trial_publications.pmid
    WHERE relation = 'reports' AND is_deleted IS DISTINCT FROM true
    GROUP BY trial_publications.nct_id
)
SELECT
    completed.nct_id, brief_title, sponsor, overall_status, primary_completion_date, primary_completion_date_precision,
    datesub('month', due, today) AS months_overdue,
    coalesce(n_papers, 0) AS n_papers,
    first_paper,
    url
FROM completed
CROSS JOIN data_date
LEFT JOIN reported ON reported.nct_id = completed.nct_id
WHERE due < today
ORDER BY primary_completion_date, completed.nct_id
