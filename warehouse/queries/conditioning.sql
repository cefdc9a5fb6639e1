-- title: Conditioning: fludarabine and cyclophosphamide in total
-- grain: one row per cell source, year of registration, total doses and whether it is required
-- reason: how strong the preparation is; totals are dose by day times days, where the record tells both
-- counts: interventional trials in scope, once for each regimen that they state
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   cell_source: of the trial; not stated
--   year: year of registration; NULL no date
--   fludarabine_mg_m2: total of fludarabine, mg/m2; NULL not told or none
--   cyclophosphamide_mg_m2: total of cyclophosphamide, mg/m2; NULL not told or none
--   fludarabine: daily dose, number of days and days, as trials of the row give them; NULL not told
--   cyclophosphamide: the same of cyclophosphamide
--   conditioning: required, optional, if needed, some cohorts; none; not stated
--   n_trials: trials
--   n_trials_total: all trials counted
--   nct_ids: the trials of the row
WITH counted AS (
    SELECT
        nct_id, coalesce(cell_source, 'not stated') AS cell_source, year(first_posted_date) AS year, lymphodepletion
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
dosed AS (
    SELECT
        nct_id,
        regimen_no,
        agent,
        requirement,
        CASE WHEN dose_min IS NOT NULL THEN printf('%g', dose_min)
            || CASE WHEN dose_max > dose_min THEN '-' || printf('%g', dose_max) ELSE '' END
            || coalesce(' ' || unit, '') || coalesce(' x ' || n_doses, '')
            || coalesce(', day ' || first_day || CASE WHEN last_day <> first_day THEN ' to ' || last_day ELSE '' END, '')
        END AS given,
        CASE WHEN total_dose IS NOT NULL AND unit LIKE 'mg/m2%' THEN total_dose
            WHEN unit LIKE 'mg/m2%' AND dose_max = dose_min THEN dose_max * n_doses END AS total
    FROM trial_conditioning
    WHERE role = 'lymphodepleting'
),
regimens AS (
    SELECT
        nct_id,
        regimen_no,
        max(total) FILTER (agent = 'fludarabine') AS fludarabine_mg_m2,
        max(total) FILTER (agent = 'cyclophosphamide') AS cyclophosphamide_mg_m2,
        max(given) FILTER (agent = 'fludarabine') AS fludarabine,
        max(given) FILTER (agent = 'cyclophosphamide') AS cyclophosphamide,
        CASE WHEN bool_or(requirement = 'required') THEN 'required' ELSE min(requirement) END AS conditioning
    FROM dosed
    GROUP BY nct_id, regimen_no
)
SELECT
    counted.cell_source,
    counted.year,
    regimens.fludarabine_mg_m2,
    regimens.cyclophosphamide_mg_m2,
    array_to_string(list_sort(list(DISTINCT regimens.fludarabine)), '; ') AS fludarabine,
    array_to_string(list_sort(list(DISTINCT regimens.cyclophosphamide)), '; ') AS cyclophosphamide,
    CASE WHEN regimens.nct_id IS NOT NULL THEN regimens.conditioning
        WHEN list_contains(counted.lymphodepletion, 'none') THEN 'none' ELSE 'not stated' END AS conditioning,
    count(DISTINCT counted.nct_id) AS n_trials,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(DISTINCT counted.nct_id)) AS nct_ids
FROM counted
LEFT JOIN regimens ON regimens.nct_id = counted.nct_id
GROUP BY 1, 2, 3, 4, 7
ORDER BY 2 NULLS LAST, 1, n_trials DESC, 7, 3 NULLS LAST, 4 NULLS LAST
