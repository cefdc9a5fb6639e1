-- title: Doses of CAR products
-- grain: one row per unit of dose and cell source of the product dosed, and one for trials that state no dose
-- reason: what dose the field gives, and in which unit it counts
-- counts: doses (rows of trial_doses) of interventional trials in scope, every level of an escalation; not trials and not patients
-- narrows: car_t_trials
-- dates: first_posted_date
-- rests_on: trial_arms
-- columns:
--   unit: cells/kg, cells, mg, ...; unit not told; no dose stated
--   cell_source: of the product dosed, otherwise of the trial; not stated
--   n_doses: doses
--   n_trials: trials that state them
--   n_with_number: doses that could be read as a number
--   min_dose: lowest, in the unit
--   median_dose: median, in the unit
--   max_dose: highest, in the unit
--   n_doses_total: all doses counted
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, cell_source
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
given AS (
    SELECT
        counted.nct_id,
        trial_doses.dose_no,
        trial_doses.dose,
        CASE WHEN trial_doses.dose_no IS NULL THEN 'no dose stated' ELSE coalesce(trial_doses.unit, 'unit not told') END AS unit,
        CASE WHEN trial_doses.dose_no IS NOT NULL
            THEN coalesce(car_t_products.cell_source, counted.cell_source, 'not stated') END AS cell_source
    FROM counted
    LEFT JOIN trial_doses ON trial_doses.nct_id = counted.nct_id
    LEFT JOIN car_t_products
        ON car_t_products.nct_id = trial_doses.nct_id AND car_t_products.product_no = trial_doses.product_no
)
SELECT
    unit,
    cell_source,
    count(dose_no) AS n_doses,
    count(DISTINCT nct_id) AS n_trials,
    count(dose) AS n_with_number,
    min(dose) AS min_dose,
    quantile_cont(dose, 0.5) AS median_dose,
    max(dose) AS max_dose,
    (SELECT count(dose_no) FROM given) AS n_doses_total,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM given
GROUP BY unit, cell_source
ORDER BY unit = 'no dose stated', n_doses DESC, unit, cell_source
