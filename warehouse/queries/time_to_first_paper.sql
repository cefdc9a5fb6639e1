-- title: Time to the first paper
-- grain: one row per year of registration; undated trials in a row of their own
-- reason: how many trials come to be read about, and how long that takes
-- counts: interventional trials in scope; reported are those with at least one paper whose relation is reports, retracted ones
--   included; months are calendar months to the first of them; later years have had less time, so their median is of the quick ones
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   year: year of first posting; NULL where no date is given
--   n_trials: trials
--   n_reported: trials that a paper reports
--   percent_reported: share of them
--   n_measured: of those reported, trials whose first paper and registration are dated
--   median_months: median of months from first posting to the first paper
--   q1_months: lower quartile
--   q3_months: upper quartile
--   median_months_from_start: median of months from start to the first paper, of those with a start date
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, first_posted_date, start_date
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
first_papers AS (
    SELECT trial_publications.nct_id, min(publication_date) AS first_paper
    FROM trial_publications
    LEFT JOIN publications ON publications.pmid = trial_publications.pmid
    WHERE relation = 'reports' AND is_deleted IS DISTINCT FROM true
    GROUP BY trial_publications.nct_id
),
timed AS (
    SELECT
        year(first_posted_date) AS year,
        first_papers.nct_id IS NOT NULL AS is_reported,
        date_diff('month', first_posted_date, first_paper) AS months,
        date_diff('month', start_date, first_paper) AS months_from_start
    FROM counted
    LEFT JOIN first_papers ON first_papers.nct_id = counted.nct_id
)
SELECT
    year,
    count(*) AS n_trials,
    count(*) FILTER (WHERE is_reported) AS n_reported,
    round(100.0 * count(*) FILTER (WHERE is_reported) / count(*), 1) AS percent_reported,
    count(months) AS n_measured,
    quantile_cont(months, 0.5) AS median_months,
    quantile_cont(months, 0.25) AS q1_months,
    quantile_cont(months, 0.75) AS q3_months,
    quantile_cont(months_from_start, 0.5) AS median_months_from_start,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM timed
GROUP BY year
ORDER BY year NULLS LAST
