-- One row per country of the trials asked for: how many sites, and in which cities.
SELECT
    nct_id, country, count(*) AS n_sites,
    list_sort(list(DISTINCT city) FILTER (WHERE city IS NOT NULL)) AS cities
FROM trial_sites
WHERE nct_id IN (SELECT unnest($nct_ids))
GROUP BY nct_id, country
ORDER BY nct_id, n_sites DESC, country NULLS LAST
