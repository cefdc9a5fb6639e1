-- One row: the numbers at the top. Interventional trials in scope, as trends count them.
WITH counted AS (SELECT * FROM car_t_trials WHERE study_type = 'INTERVENTIONAL')
SELECT
    count(*) AS n_trials,
    count(*) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
    count(*) FILTER (WHERE list_contains(diseases, 'SLE')) AS n_lupus,
    (
        SELECT count(DISTINCT coalesce(product_key, lower(product)))
        FROM car_t_products
        SEMI JOIN counted ON counted.nct_id = car_t_products.nct_id
    ) AS n_products,
    (
        SELECT count(DISTINCT trial_sites.country)
        FROM trial_sites
        SEMI JOIN counted ON counted.nct_id = trial_sites.nct_id
    ) AS n_countries,
    coalesce(sum(enrollment_count) FILTER (WHERE enrollment_type = 'ACTUAL' AND overall_status IS DISTINCT FROM 'WITHDRAWN'), 0)
        AS n_enrolled,
    coalesce(sum(enrollment_count) FILTER (WHERE enrollment_type = 'ESTIMATED' AND overall_status IS DISTINCT FROM 'WITHDRAWN'), 0)
        AS n_planned,
    (
        SELECT count(DISTINCT trial_publications.nct_id)
        FROM trial_publications
        SEMI JOIN counted ON counted.nct_id = trial_publications.nct_id
        WHERE relation = 'reports'
    ) AS n_reported,
    EXISTS (FROM publications) OR EXISTS (FROM source_pulls WHERE source = 'pubmed') AS is_pubmed_read,
    count(*) FILTER (WHERE first_posted_date > (SELECT CAST(published_at AS DATE) FROM release) - 90) AS n_new_90_days,
    max(first_posted_date) AS last_posted
FROM counted
