-- title: Length of follow-up
-- grain: one row per band of follow-up, and one for trials that do not state it
-- reason: second malignancies and relapses come late: who looks long enough
-- counts: interventional trials in scope, each in one row, by the longest follow-up after treatment that the record names
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   follow_up: band, such as over 12 to 24 months; not stated
--   n_trials: trials
--   min_months: shortest in the band
--   max_months: longest in the band
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT follow_up_months AS months
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
banded AS (
    SELECT months,
        CASE
            WHEN months IS NULL THEN 9
            WHEN months = 0 THEN 0
            WHEN months <= 3 THEN 1
            WHEN months <= 6 THEN 2
            WHEN months <= 12 THEN 3
            WHEN months <= 24 THEN 4
            WHEN months <= 60 THEN 5
            WHEN months < 180 THEN 6
            ELSE 7
        END AS band_no
    FROM counted
)
SELECT
    ['none', 'up to 3 months', 'over 3 to 6 months', 'over 6 to 12 months', 'over 12 to 24 months', 'over 2 to 5 years',
     'over 5, below 15 years', '15 years and more', '', 'not stated'][band_no + 1] AS follow_up,
    count(*) AS n_trials,
    min(months) AS min_months,
    max(months) AS max_months,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM banded
GROUP BY band_no
ORDER BY band_no
