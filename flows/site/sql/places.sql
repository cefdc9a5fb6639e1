-- One row per site of a trial asked for, by country and city.
SELECT nct_id, country, city, facility, site_status
FROM trial_sites
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, country NULLS LAST, city NULLS LAST, facility NULLS LAST, site_no
