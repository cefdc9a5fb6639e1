-- title: Trials by kind of sponsor
-- grain: one row per kind of lead sponsor, and one for trials where it is not known
-- reason: how much of the field is industry's and how much is investigators'
-- counts: interventional trials in scope, each in one row, by lead sponsor
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   sponsor_type: industry, academic, government, person, other, or not stated
--   n_trials: trials
--   n_industry_involved: those of them that have a company as sponsor or collaborator
--   n_sponsors: different lead sponsors
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT sponsor_type, industry_involved, coalesce(sponsor_canonical, lead_sponsor) AS sponsor
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
)
SELECT
    coalesce(counted.sponsor_type, 'not stated') AS sponsor_type,
    count(*) AS n_trials,
    count(*) FILTER (WHERE industry_involved) AS n_industry_involved,
    count(DISTINCT sponsor) AS n_sponsors,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM counted
GROUP BY counted.sponsor_type
ORDER BY counted.sponsor_type IS NULL, n_trials DESC, 1
