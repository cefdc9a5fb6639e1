-- title: What each search found, and what all may have missed
-- grain: one row per leg of the search of ClinicalTrials.gov
-- reason: a list is worth what its search finds; legs that do not depend on each other tell how much none of them found
-- counts: interventional trials in scope, once for each leg that ever found them; legs that are no search of their own (named in
--   paper, asked by id, whole registry) are told but not counted in the estimates. Estimates are lower bounds: legs that find the
--   same easy trials make the search look better than it is. With fewer than two searches there is no estimate
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   leg: search leg of the watchlist
--   is_search: whether it searches by itself
--   n_trials: trials it found
--   n_only_this_leg: those of them that no other search found
--   n_shared: those of them that another search found too
--   chapman_estimate: trials there are, from this leg against all others (Chapman): (n1+1)(n2+1)/(m+1)-1
--   n_found: trials that any search found
--   chao_estimate: trials there are, from those found once and twice (Chao, bias-corrected)
--   estimated_missed: chao_estimate without those found
--   estimated_recall_percent: n_found as a percentage of chao_estimate
--   n_whole_registry: trials that a scan of the whole registry found; NULL where there was none
--   measured_recall_percent: of those, how many this leg found, in percent: measured, not estimated
--   measured_recall_of_all_percent: of those, how many any search found
--   n_trials_total: all trials counted, found by a search or otherwise
WITH counted AS (
    SELECT nct_id
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
legs AS (
    SELECT leg, leg NOT IN ('named in paper', 'asked by id', 'whole registry') AS is_search
    FROM (
        SELECT leg FROM trial_search_hits
        UNION
        SELECT leg FROM source_pulls WHERE source = 'ctgov'
    ) AS every_leg
),
hits AS (
    SELECT trial_search_hits.nct_id, trial_search_hits.leg, legs.is_search
    FROM trial_search_hits
    SEMI JOIN counted ON counted.nct_id = trial_search_hits.nct_id
    JOIN legs ON legs.leg = trial_search_hits.leg
),
times AS (SELECT nct_id, count(*) FILTER (WHERE is_search) AS n_searches FROM hits GROUP BY nct_id),
scanned AS (SELECT nct_id FROM hits WHERE leg = 'whole registry'),
measured AS (
    SELECT nullif(count(*), 0) AS n_scanned,
        count(*) FILTER (WHERE times.n_searches > 0) AS n_scanned_and_found
    FROM scanned
    JOIN times ON times.nct_id = scanned.nct_id
),
whole AS (
    SELECT
        count(*) FILTER (WHERE n_searches > 0) AS n_found,
        count(*) FILTER (WHERE n_searches = 1) AS n_once,
        count(*) FILTER (WHERE n_searches = 2) AS n_twice,
        (SELECT count(*) FROM legs WHERE is_search) AS n_searches
    FROM times
),
estimated AS (
    SELECT n_found,
        CASE WHEN n_searches > 1 AND n_found > 0 THEN
            n_found + (n_searches - 1) / n_searches * n_once * (n_once - 1) / (2 * (n_twice + 1))
        END AS chao
    FROM whole
),
by_leg AS (
    SELECT legs.leg, legs.is_search,
        count(hits.nct_id) AS n_trials,
        count(hits.nct_id) FILTER (WHERE hits.nct_id IN (SELECT nct_id FROM scanned)) AS n_of_scanned,
        count(hits.nct_id) FILTER (WHERE times.n_searches - CAST(legs.is_search AS INTEGER) = 0) AS n_only
    FROM legs
    LEFT JOIN hits ON hits.leg = legs.leg
    LEFT JOIN times ON times.nct_id = hits.nct_id
    GROUP BY legs.leg, legs.is_search
)
SELECT
    leg,
    is_search,
    n_trials,
    n_only AS n_only_this_leg,
    n_trials - n_only AS n_shared,
    CASE WHEN is_search AND chao IS NOT NULL THEN
        round((n_trials + 1) * (n_found - n_only + 1) / (n_trials - n_only + 1) - 1, 1)
    END AS chapman_estimate,
    n_found,
    round(chao, 1) AS chao_estimate,
    round(chao - n_found, 1) AS estimated_missed,
    round(100.0 * n_found / chao, 1) AS estimated_recall_percent,
    n_scanned AS n_whole_registry,
    CASE WHEN is_search THEN round(100.0 * n_of_scanned / n_scanned, 1) END AS measured_recall_percent,
    round(100.0 * n_scanned_and_found / n_scanned, 1) AS measured_recall_of_all_percent,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM by_leg
CROSS JOIN estimated
CROSS JOIN measured
ORDER BY NOT is_search, n_trials DESC, leg
