-- title: Products by construct
-- grain: one row per construct, and one for products whose construct is not stated
-- reason: one target, two in one receptor, or two products given together are different designs with the same antigens
-- counts: CAR products of interventional trials in scope; not stated holds products without a construct and trials without a known product
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   construct: single, dual, multi, combination, or not stated
--   n_products: products (rows of car_t_products) of that construct
--   n_trials: trials that give such a product
--   n_products_total: all products counted
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
given AS (
    SELECT counted.nct_id, car_t_products.product_no, car_t_products.construct
    FROM counted
    LEFT JOIN car_t_products ON car_t_products.nct_id = counted.nct_id
)
SELECT
    coalesce(given.construct, 'not stated') AS construct,
    count(product_no) AS n_products,
    count(DISTINCT nct_id) AS n_trials,
    (SELECT count(product_no) FROM given) AS n_products_total,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM given
GROUP BY given.construct
ORDER BY given.construct IS NULL, n_products DESC, 1
