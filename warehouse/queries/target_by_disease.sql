-- title: Targets in each disease
-- grain: one row per canonical disease and target antigen that occur together; what is not stated has rows of its own
-- reason: which antigens are tried in which disease, and where nobody has looked
-- counts: CAR products of interventional trials in scope; a product counts once for each pair of its antigens and its trial's diseases
--   (parent diseases included); asked for a disease, rows of the others are left out
-- narrows: car_t_trials
-- dates: first_posted_date
-- keeps: disease
-- columns:
--   disease: canonical name, or not stated
--   disease_group: group of diseases
--   target_antigen: antigen, or not stated
--   n_products: products that bind it, in trials of that disease
--   n_trials: those trials
--   n_trials_of_disease: all trials of that disease
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
    SELECT nct_id, product_no,
        unnest(CASE WHEN len(target_antigens) > 0 THEN list_distinct(target_antigens) ELSE ['not stated'] END) AS target_antigen
    FROM given
),
treated AS (
    SELECT counted.nct_id, coalesce(trial_diseases.disease, 'not stated') AS disease, trial_diseases.disease_group
    FROM counted
    LEFT JOIN trial_diseases ON trial_diseases.nct_id = counted.nct_id
),
of_disease AS (SELECT disease, count(DISTINCT nct_id) AS n_trials FROM treated GROUP BY disease)
SELECT
    treated.disease,
    min(treated.disease_group) AS disease_group,
    bound.target_antigen,
    count(bound.product_no) AS n_products,
    count(DISTINCT bound.nct_id) AS n_trials,
    min(of_disease.n_trials) AS n_trials_of_disease,
    (SELECT count(product_no) FROM given) AS n_products_total,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM treated
JOIN bound ON bound.nct_id = treated.nct_id
JOIN of_disease ON of_disease.disease = treated.disease
GROUP BY treated.disease, bound.target_antigen
ORDER BY treated.disease = 'not stated', n_trials_of_disease DESC, treated.disease, bound.target_antigen = 'not stated', n_products DESC, bound.target_antigen
