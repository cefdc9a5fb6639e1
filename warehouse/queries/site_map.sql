-- title: Places with sites
-- grain: one row per place (city), whatever its facilities are called, and one for trials that list no site
-- reason: where the trials are, for a map and for patients near by
-- counts: interventional trials in scope; a trial counts once for each place it has a site in, so rows add up to more than n_trials_total
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   place_key: folded country and city; NULL: no site listed
--   city: city as the registry writes it
--   country: country as the registry names it
--   country_code: ISO 3166-1 alpha-2
--   latitude: degrees north, of the city
--   longitude: degrees east, of the city
--   n_trials: trials with a site there
--   n_recruiting: those of them that recruit now, at whichever site
--   n_sites: sites listed there
--   n_sites_recruiting: those of them that are given as recruiting; most records give no status of a site
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, overall_status
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
placed AS (
    SELECT counted.nct_id, counted.overall_status, site_no, city, country, country_code, latitude, longitude, site_status,
        CASE WHEN site_no IS NOT NULL
            THEN coalesce(place_key, lower(concat(country, ' | ', city))) END AS place_key
    FROM counted
    LEFT JOIN trial_sites ON trial_sites.nct_id = counted.nct_id
)
SELECT
    place_key,
    min(city) AS city,
    min(country) AS country,
    min(country_code) AS country_code,
    min(latitude) AS latitude,
    arg_min(longitude, latitude) AS longitude,
    count(DISTINCT nct_id) AS n_trials,
    count(DISTINCT nct_id) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    count(site_no) AS n_sites,
    count(site_no) FILTER (WHERE site_status = 'RECRUITING') AS n_sites_recruiting,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM placed
GROUP BY place_key
ORDER BY place_key IS NULL, n_trials DESC, place_key
