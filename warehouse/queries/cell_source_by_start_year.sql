-- title: Autologous, allogeneic and in vivo by start year
-- grain: one row per start year and cell source, combinations without a trial included; trials without a start date in rows of their own
-- reason: whether donor cells and in vivo approaches overtake the patient's own cells
-- counts: interventional trials in scope, each in one row, by start date (actual or planned, whatever its precision)
-- narrows: car_t_trials
-- dates: start_date
-- columns:
--   start_year: year of start, planned or actual; NULL where no start date is given
--   cell_source: autologous, allogeneic, in vivo, several (its products differ), or not stated
--   n_trials: trials
--   n_trials_in_year: trials of that start year, of every cell source
--   n_trials_total: all trials counted
WITH counted AS (
    SELECT nct_id, year(start_date) AS start_year, coalesce(cell_source, 'not stated') AS cell_source
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
years AS (
    SELECT unnest(range(min(start_year), max(start_year) + 1)) AS start_year FROM counted
    UNION ALL
    SELECT DISTINCT start_year FROM counted WHERE start_year IS NULL
),
in_year AS (SELECT start_year, count(*) AS n_trials FROM counted GROUP BY start_year),
tallied AS (SELECT start_year, cell_source, count(*) AS n_trials FROM counted GROUP BY start_year, cell_source)
SELECT
    years.start_year,
    sources.cell_source,
    coalesce(tallied.n_trials, 0) AS n_trials,
    coalesce(in_year.n_trials, 0) AS n_trials_in_year,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM years
CROSS JOIN (SELECT DISTINCT cell_source FROM counted) AS sources
LEFT JOIN tallied ON tallied.start_year IS NOT DISTINCT FROM years.start_year AND tallied.cell_source = sources.cell_source
LEFT JOIN in_year ON in_year.start_year IS NOT DISTINCT FROM years.start_year
ORDER BY
    years.start_year NULLS LAST,
    coalesce(nullif(list_position(['autologous', 'allogeneic', 'in vivo', 'several', 'not stated'], sources.cell_source), 0), 9),
    sources.cell_source
