-- title: Trials by sponsor
-- grain: one row per lead sponsor, its spellings taken together, and one for trials that name none
-- reason: who drives the field
-- counts: interventional trials in scope, each in one row, by lead sponsor; collaborators do not count
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   sponsor: one name for all spellings, or not stated
--   sponsor_type: industry, academic, government, person, other
--   n_trials: trials
--   n_recruiting: those of them that recruit now
--   first_posted: first registration
--   last_posted: latest registration
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT coalesce(sponsor_canonical, lead_sponsor) AS sponsor, sponsor_type, overall_status, first_posted_date
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    coalesce(counted.sponsor, 'not stated') AS sponsor,
    min(sponsor_type) AS sponsor_type,
    count(*) AS n_trials,
    count(*) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    min(first_posted_date) AS first_posted,
    max(first_posted_date) AS last_posted,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
GROUP BY counted.sponsor
ORDER BY counted.sponsor IS NULL, n_trials DESC, 1
