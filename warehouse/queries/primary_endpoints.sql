-- title: Primary endpoints by domain, instrument and visit
-- grain: one row per disease, year of registration, domain, concept, instrument and visit month of primary endpoints
-- reason: what success means in the field, measured how and when; outcomes that name nothing known are rows of their own
-- counts: interventional trials in scope, once for each row that one of their primary endpoints makes, in each disease of the trial;
--   an endpoint that names its disease counts in that one alone; asked for a disease, rows of the others are left out
-- narrows: car_t_trials
-- dates: first_posted_date
-- keeps: disease
-- columns:
--   disease: disease of the trial; not stated
--   year: year of registration; NULL no date
--   domain: efficacy, safety, pk_pd, feasibility; not stated; no outcomes given
--   concept: what is measured; not named
--   instrument: by what; not stated
--   visit_month: usual visit that the last time falls on; NULL at another time or none
--   n_trials: trials
--   n_with_time: of these, trials that tell a time
--   n_trials_total: all trials counted
--   nct_ids: the trials of the row
WITH counted AS (
    SELECT nct_id, diseases, year(first_posted_date) AS year
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
named AS (SELECT nct_id, endpoint_no, unnest(diseases) AS disease FROM trial_endpoints WHERE len(diseases) > 0),
own AS (
    SELECT nct_id, endpoint_no, list(DISTINCT disease) AS diseases
    FROM (
        FROM named
        UNION ALL
        SELECT named.nct_id, endpoint_no, parent_disease
        FROM named
        JOIN trial_diseases ON trial_diseases.nct_id = named.nct_id AND trial_diseases.disease = named.disease
        WHERE parent_disease IS NOT NULL
    )
    GROUP BY nct_id, endpoint_no
),
measured AS (
    SELECT
        counted.nct_id,
        counted.year,
        unnest(CASE WHEN own.diseases IS NOT NULL THEN own.diseases
            WHEN len(counted.diseases) > 0 THEN counted.diseases ELSE ['not stated'] END) AS disease,
        CASE WHEN trial_endpoints.nct_id IS NULL THEN 'no outcomes given'
            ELSE coalesce(trial_endpoints.domain, 'not stated') END AS domain,
        coalesce(trial_endpoints.concept, 'not named') AS concept,
        coalesce(trial_endpoints.instrument, 'not stated') AS instrument,
        trial_endpoints.visit_month,
        trial_endpoints.times_months IS NOT NULL AS has_time
    FROM counted
    LEFT JOIN trial_endpoints
        ON trial_endpoints.nct_id = counted.nct_id
        AND trial_endpoints.outcome_type = 'primary' AND trial_endpoints.role = 'measured'
    LEFT JOIN own ON own.nct_id = trial_endpoints.nct_id AND own.endpoint_no = trial_endpoints.endpoint_no
)
SELECT
    disease,
    year,
    domain,
    concept,
    instrument,
    visit_month,
    count(DISTINCT nct_id) AS n_trials,
    count(DISTINCT nct_id) FILTER (has_time) AS n_with_time,
    (SELECT count(*) FROM counted) AS n_trials_total,
    list_sort(list(DISTINCT nct_id)) AS nct_ids
FROM measured
GROUP BY disease, year, domain, concept, instrument, visit_month
ORDER BY disease, year NULLS LAST, n_trials DESC, domain, concept, instrument, visit_month NULLS LAST
