-- title: Flow of records, for a PRISMA diagram
-- grain: one row per source, step and, for what was excluded, reason
-- reason: what a review must tell of its search: identified, duplicates, excluded with reasons, included
-- counts: records ever found, of every study type; identified counts a record once for each leg that found it; identified less
--   duplicates is screened, screened less excluded is included
-- narrows: trials, publications
-- dates: first_posted_date, publication_date
-- columns:
--   source: ClinicalTrials.gov or PubMed
--   step_no: order of the step
--   step: identified, duplicates removed, screened, excluded, included, of these
--   reason: code of the reason for which records were excluded; what of the included is counted
--   n_records: records
WITH registrations AS (
    SELECT trials.nct_id, study_type, coalesce(n_hits, 1) AS n_hits,
        CASE
            WHEN registry_state NOT IN ('present', 'left_search') THEN 'registry: ' || registry_state
            WHEN scope = 'follow_up' THEN 'follow_up: ' || scope_reason
            WHEN scope <> 'in_scope' THEN scope || ': ' || scope_reason
        END AS excluded_for
    FROM trials
    LEFT JOIN (SELECT nct_id, count(*) AS n_hits FROM trial_search_hits GROUP BY nct_id) AS hits ON hits.nct_id = trials.nct_id
),
papers AS (
    SELECT publications.pmid, coalesce(n_hits, 1) AS n_hits,
        CASE
            WHEN is_deleted THEN 'deleted by PubMed'
            WHEN scope <> 'in_scope' THEN scope
        END AS excluded_for,
        publications.pmid IN (SELECT pmid FROM trial_publications WHERE relation = 'reports') AS is_report
    FROM publications
    LEFT JOIN (SELECT pmid, count(*) AS n_hits FROM publication_search_hits GROUP BY pmid) AS hits ON hits.pmid = publications.pmid
),
steps AS (
    SELECT 'ClinicalTrials.gov' AS source, 1 AS step_no, 'identified' AS step, NULL AS reason, coalesce(sum(n_hits), 0) AS n_records
    FROM registrations
    UNION ALL
    SELECT 'ClinicalTrials.gov', 2, 'duplicates removed', NULL, coalesce(sum(n_hits), 0) - count(*) FROM registrations
    UNION ALL
    SELECT 'ClinicalTrials.gov', 3, 'screened', NULL, count(*) FROM registrations
    UNION ALL
    SELECT 'ClinicalTrials.gov', 4, 'excluded', excluded_for, count(*) FROM registrations
    WHERE excluded_for IS NOT NULL GROUP BY excluded_for
    UNION ALL
    SELECT 'ClinicalTrials.gov', 5, 'included', NULL, count(*) FILTER (WHERE excluded_for IS NULL) FROM registrations
    UNION ALL
    SELECT 'ClinicalTrials.gov', 6, 'of these', 'interventional, counted by trends',
        count(*) FILTER (WHERE excluded_for IS NULL AND study_type = 'INTERVENTIONAL')
    FROM registrations
    UNION ALL
    SELECT 'PubMed', 1, 'identified', NULL, coalesce(sum(n_hits), 0) FROM papers
    UNION ALL
    SELECT 'PubMed', 2, 'duplicates removed', NULL, coalesce(sum(n_hits), 0) - count(*) FROM papers
    UNION ALL
    SELECT 'PubMed', 3, 'screened', NULL, count(*) FROM papers
    UNION ALL
    SELECT 'PubMed', 4, 'excluded', excluded_for, count(*) FROM papers WHERE excluded_for IS NOT NULL GROUP BY excluded_for
    UNION ALL
    SELECT 'PubMed', 5, 'included', NULL, count(*) FILTER (WHERE excluded_for IS NULL) FROM papers
    UNION ALL
    SELECT 'PubMed', 6, 'of these', 'reports of a registered trial', count(*) FILTER (WHERE excluded_for IS NULL AND is_report) FROM papers
)
SELECT source, step_no, step, reason, CAST(n_records AS BIGINT) AS n_records
FROM steps
ORDER BY source, step_no, n_records DESC, reason
