-- title: Products by target antigen
-- grain: one row per target antigen, and one for products whose target is not stated
-- reason: what the receptors bind, and how far the field has moved beyond CD19
-- counts: CAR products of interventional trials in scope; a product counts once for each antigen it binds; a trial with two products
--   counts both; not stated holds products without a stated target and trials without a known product
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   target_antigen: antigen, or not stated
--   n_products: products (rows of car_t_products) that bind it
--   n_products_single: those of them that bind nothing else
--   n_trials: trials that give such a product
--   n_products_total: all products counted
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
given AS (
    SELECT counted.nct_id, car_t_products.product_no, car_t_products.target_antigens
    FROM counted
    LEFT JOIN car_t_products ON car_t_products.nct_id = counted.nct_id
),
bound AS (
    SELECT
        nct_id, product_no, len(target_antigens) AS n_targets,
        unnest(CASE WHEN len(target_antigens) > 0 THEN list_distinct(target_antigens) ELSE ['not stated'] END) AS target_antigen
    FROM given
)
SELECT
    target_antigen,
    count(product_no) AS n_products,
    count(product_no) FILTER (WHERE n_targets = 1) AS n_products_single,
    count(DISTINCT nct_id) AS n_trials,
    (SELECT count(product_no) FROM given) AS n_products_total,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM bound
GROUP BY target_antigen
ORDER BY target_antigen = 'not stated', n_products DESC, target_antigen
