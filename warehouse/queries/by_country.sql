-- title: Trials by country
-- grain: one row per country of a site, and one for trials that list no site
-- reason: where patients can take part
-- counts: interventional trials in scope; a trial counts once for each country it has a site in, so rows add up to more than n_trials_total
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   country: the registry's name, or not stated
--   country_code: ISO 3166-1 alpha-2
--   n_trials: trials with a site there
--   n_recruiting: those of them that recruit now, at whichever site
--   n_sites: sites listed there
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, overall_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
placed AS (
    SELECT counted.nct_id, counted.overall_status, trial_sites.site_no, trial_sites.country, trial_sites.country_code
    FROM counted
    LEFT JOIN trial_sites ON trial_sites.nct_id = counted.nct_id
)
SELECT
    coalesce(placed.country, 'not stated') AS country,
    min(country_code) AS country_code,
    count(DISTINCT nct_id) AS n_trials,
    count(DISTINCT nct_id) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    count(site_no) AS n_sites,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM placed
GROUP BY placed.country
ORDER BY placed.country IS NULL, n_trials DESC, 1
