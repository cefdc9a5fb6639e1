-- title: Products and their furthest phase
-- grain: one row per product of the product list; a product that is not on it has one row per sponsor and name
-- reason: which products are close to patients, and for which diseases
-- counts: products given in interventional trials in scope; WITHDRAWN trials are in n_trials, but a withdrawn trial brings no product further
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   product: name of the product list, otherwise the record's own words
--   also_called: its other names and codes, of the product list and as records write them
--   product_key: key of the product list; NULL where the product is not on it
--   furthest_phase: furthest phase of a trial that was not withdrawn; Phase 1/Phase 2 is PHASE2; NULL where none is stated
--   n_trials: trials that give it
--   n_recruiting: those of them that recruit now
--   n_withdrawn: those of them that were withdrawn
--   target_antigens: what it binds, as stated in any of them, sorted
--   constructs: single, dual, multi or combination, as stated
--   cell_types: as stated
--   cell_sources: as stated
--   diseases: diseases of its trials, sorted, parent diseases included
--   sponsors: lead sponsors of its trials, sorted
--   first_posted: first registration
--   first_start: first start, planned or actual
--   n_reported: trials of it that a paper reports
--   n_with_results: trials of it with posted results
--   phases: phases of its trials, as the registry joins them, sorted
--   countries: countries of sites of its trials, sorted
--   nct_ids: its trials
--   pmids: papers that report them
--   n_products_total: all products counted
WITH counted AS (
    SELECT nct_id, coalesce(sponsor_canonical, lead_sponsor, 'not stated') AS sponsor, overall_status, phases, diseases,
        first_posted_date, start_date, phase_label, countries, has_results
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
given AS (
    SELECT
        coalesce(car_t_products.product_key, lower(car_t_products.product) || ' of ' || counted.sponsor) AS pipeline_key,
        car_t_products.product_key,
        coalesce(products.product, car_t_products.product) AS product,
        coalesce(products.names, []) || coalesce(products.codes, []) || coalesce(car_t_products.product_codes, []) AS called,
        car_t_products.target_antigens, car_t_products.construct, car_t_products.cell_type, car_t_products.cell_source,
        counted.*
    FROM counted
    JOIN car_t_products ON car_t_products.nct_id = counted.nct_id
    LEFT JOIN products ON products.product_key = car_t_products.product_key
),
facts AS (
    SELECT
        pipeline_key,
        min(product) AS product,
        min(product_key) AS product_key,
        list_sort(list(DISTINCT construct) FILTER (WHERE construct IS NOT NULL)) AS constructs,
        list_sort(list(DISTINCT cell_type) FILTER (WHERE cell_type IS NOT NULL)) AS cell_types,
        list_sort(list(DISTINCT cell_source) FILTER (WHERE cell_source IS NOT NULL)) AS cell_sources,
        list_sort(list(DISTINCT sponsor)) AS sponsors,
        list_sort(list_distinct(flatten(list(called)))) AS called,
        list_sort(list(DISTINCT phase_label) FILTER (WHERE phase_label IS NOT NULL)) AS phase_labels,
        list_sort(list_distinct(flatten(list(coalesce(countries, []))))) AS countries,
        list_sort(list(DISTINCT nct_id)) AS nct_ids,
        count(DISTINCT nct_id) FILTER (WHERE has_results) AS n_with_results
    FROM given
    GROUP BY pipeline_key
),
trials_of AS (
    SELECT DISTINCT pipeline_key, nct_id, overall_status, phases, first_posted_date, start_date
    FROM given
),
reported AS (SELECT DISTINCT nct_id FROM trial_publications WHERE relation = 'reports'),
tallied AS (
    SELECT
        pipeline_key,
        max(CASE
            WHEN overall_status = 'WITHDRAWN' THEN NULL
            WHEN list_contains(phases, 'PHASE4') THEN 6
            WHEN list_contains(phases, 'PHASE3') THEN 5
            WHEN list_contains(phases, 'PHASE2') THEN 4
            WHEN list_contains(phases, 'PHASE1') THEN 3
            WHEN list_contains(phases, 'EARLY_PHASE1') THEN 2
            WHEN list_contains(phases, 'NA') THEN 1
        END) AS furthest,
        count(*) AS n_trials,
        count(*) FILTER (WHERE overall_status = 'RECRUITING') AS n_recruiting,
        count(*) FILTER (WHERE overall_status = 'WITHDRAWN') AS n_withdrawn,
        min(first_posted_date) AS first_posted,
        min(start_date) AS first_start,
        count(reported.nct_id) AS n_reported
    FROM trials_of
    LEFT JOIN reported ON reported.nct_id = trials_of.nct_id
    GROUP BY pipeline_key
),
bound AS (
    SELECT pipeline_key, list_sort(list(DISTINCT antigen)) AS target_antigens
    FROM (SELECT pipeline_key, unnest(target_antigens) AS antigen FROM given) AS antigens
    GROUP BY pipeline_key
),
papers AS (
    SELECT pipeline_key, list_sort(list(DISTINCT pmid)) AS pmids
    FROM trials_of
    JOIN trial_publications ON trial_publications.nct_id = trials_of.nct_id AND relation = 'reports'
    GROUP BY pipeline_key
),
treated AS (
    SELECT pipeline_key, list_sort(list(DISTINCT disease)) AS diseases
    FROM (SELECT pipeline_key, unnest(diseases) AS disease FROM given) AS diseases
    GROUP BY pipeline_key
)
SELECT
    product, list_filter(called, lambda name: name <> product) AS also_called, product_key,
    ['NA', 'EARLY_PHASE1', 'PHASE1', 'PHASE2', 'PHASE3', 'PHASE4'][furthest] AS furthest_phase,
    n_trials, n_recruiting, n_withdrawn,
    coalesce(target_antigens, []) AS target_antigens,
    coalesce(constructs, []) AS constructs,
    coalesce(cell_types, []) AS cell_types,
    coalesce(cell_sources, []) AS cell_sources,
    coalesce(diseases, []) AS diseases,
    sponsors, first_posted, first_start, n_reported, n_with_results,
    coalesce(phase_labels, []) AS phases,
    countries, nct_ids,
    coalesce(pmids, []) AS pmids,
    (SELECT count(*) FROM facts) AS n_products_total
FROM facts
JOIN tallied ON tallied.pipeline_key = facts.pipeline_key
LEFT JOIN bound ON bound.pipeline_key = facts.pipeline_key
LEFT JOIN papers ON papers.pipeline_key = facts.pipeline_key
LEFT JOIN treated ON treated.pipeline_key = facts.pipeline_key
ORDER BY furthest DESC NULLS LAST, n_trials DESC, product, facts.pipeline_key
