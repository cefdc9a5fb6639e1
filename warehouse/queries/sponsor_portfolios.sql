-- title: Portfolios of sponsors
-- grain: one row per lead sponsor, its spellings taken together, and one for trials that name none
-- reason: who has what, how far, and where
-- counts: interventional trials in scope by lead sponsor; WITHDRAWN trials are in n_trials, but in no enrolment and no furthest phase
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   sponsor: one name for all spellings, or not stated
--   sponsor_type: industry, academic, government, person, other
--   n_trials: trials
--   n_recruiting: those of them that recruit now
--   n_stopped: those of them terminated, suspended or withdrawn
--   n_with_results: those of them with posted results
--   n_reported: those of them that a paper reports
--   furthest_phase: furthest phase of a trial that was not withdrawn; Phase 1/Phase 2 is PHASE2
--   planned_participants: sum of planned enrolment
--   actual_participants: sum of actual enrolment
--   n_products: different products: of the product list, or by name where they are not on it
--   products: their names, sorted
--   target_antigens: what they bind, sorted
--   diseases: diseases treated, sorted, parent diseases included
--   countries: countries with sites, sorted
--   first_posted: first registration
--   last_posted: latest registration
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, coalesce(sponsor_canonical, lead_sponsor, 'not stated') AS sponsor, sponsor_type, overall_status, has_results,
        enrollment_count, enrollment_type, first_posted_date, phases, diseases, countries, target_antigens,
        overall_status IS NOT DISTINCT FROM 'WITHDRAWN' AS is_withdrawn
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
sponsors AS (
    SELECT sponsor,
        min(sponsor_type) AS sponsor_type,
        count(*) AS n_trials,
        count(*) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
        count(*) FILTER (WHERE overall_status IN ('TERMINATED', 'SUSPENDED', 'WITHDRAWN')) AS n_stopped,
        count(*) FILTER (WHERE has_results) AS n_with_results,
        count(*) FILTER (WHERE nct_id IN (SELECT nct_id FROM trial_publications WHERE relation = 'reports')) AS n_reported,
        max(CASE
            WHEN is_withdrawn THEN NULL
            WHEN list_contains(phases, 'PHASE4') THEN 6
            WHEN list_contains(phases, 'PHASE3') THEN 5
            WHEN list_contains(phases, 'PHASE2') THEN 4
            WHEN list_contains(phases, 'PHASE1') THEN 3
            WHEN list_contains(phases, 'EARLY_PHASE1') THEN 2
            WHEN list_contains(phases, 'NA') THEN 1
        END) AS furthest,
        CAST(sum(enrollment_count) FILTER (WHERE enrollment_type = 'ESTIMATED' AND NOT is_withdrawn) AS BIGINT) AS planned_participants,
        CAST(sum(enrollment_count) FILTER (WHERE enrollment_type = 'ACTUAL' AND NOT is_withdrawn) AS BIGINT) AS actual_participants,
        list_sort(list_distinct(flatten(list(coalesce(target_antigens, []))))) AS target_antigens,
        list_sort(list_distinct(flatten(list(coalesce(diseases, []))))) AS diseases,
        list_sort(list_distinct(flatten(list(coalesce(countries, []))))) AS countries,
        min(first_posted_date) AS first_posted,
        max(first_posted_date) AS last_posted
    FROM counted
    GROUP BY sponsor
),
named AS (
    SELECT DISTINCT counted.sponsor, coalesce(car_t_products.product_key, lower(car_t_products.product)) AS product_key,
        coalesce(products.product, car_t_products.product) AS product
    FROM counted
    JOIN car_t_products ON car_t_products.nct_id = counted.nct_id
    LEFT JOIN products ON products.product_key = car_t_products.product_key
),
given AS (
    SELECT sponsor, count(DISTINCT product_key) AS n_products, list_sort(list(DISTINCT product)) AS products
    FROM named
    GROUP BY sponsor
)
SELECT
    sponsors.sponsor, sponsor_type, n_trials, n_recruiting, n_stopped, n_with_results, n_reported,
    ['NA', 'EARLY_PHASE1', 'PHASE1', 'PHASE2', 'PHASE3', 'PHASE4'][furthest] AS furthest_phase,
    planned_participants, actual_participants,
    coalesce(n_products, 0) AS n_products,
    coalesce(products, []) AS products,
    target_antigens, diseases, countries, first_posted, last_posted,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM sponsors
LEFT JOIN given ON given.sponsor = sponsors.sponsor
ORDER BY sponsors.sponsor = 'not stated', n_trials DESC, sponsors.sponsor
