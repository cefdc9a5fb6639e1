-- title: Methods, a paragraph to paste
-- grain: one row: the release
-- reason: a figure without its search, date and rules cannot be cited or repeated
-- counts: as in prisma_flow, of this release as a whole
-- narrows: nothing
-- columns:
--   paragraph: methods in plain English
--   search_text: every search as sent, one a line
--   data_date: day of the release
--   data_stamp: the registry's own stamp of its data
--   run_id: run that made the release
--   rule_version: version of rules and vocabulary
--   code_version: version of cartrials
--   fingerprint: SHA-256 over the content tables
--   n_screened: registrations found, duplicates removed
--   n_included: of them, in scope
--   n_interventional: of these, interventional: what trends count
--   n_papers_included: papers in scope
WITH searched AS (
    SELECT source_pulls.run_id
    FROM source_pulls
    JOIN runs ON runs.run_id = source_pulls.run_id
    WHERE source_pulls.source = 'ctgov' AND runs.status IN ('published', 'unchanged') AND runs.kind IN ('nightly', 'accepted')
    ORDER BY runs.clock_at DESC, runs.started_at DESC
    LIMIT 1
),
searches AS (
    SELECT
        count(*) FILTER (WHERE source = 'ctgov' AND query IS NOT NULL) AS n_ctgov,
        count(*) FILTER (WHERE source = 'pubmed' AND query IS NOT NULL) AS n_pubmed,
        count(*) FILTER (WHERE source = 'pubmed') > 0 AS has_pubmed,
        string_agg(source || ', ' || leg || ': ' || query, chr(10) ORDER BY source, leg) AS search_text
    FROM source_pulls
    SEMI JOIN searched ON searched.run_id = source_pulls.run_id
),
registrations AS (
    SELECT
        count(*) AS n_screened,
        count(*) FILTER (WHERE scope = 'follow_up' AND registry_state IN ('present', 'left_search')) AS n_follow_up,
        count(*) FILTER (WHERE scope = 'in_scope' AND registry_state IN ('present', 'left_search')) AS n_included,
        count(*) FILTER (
            WHERE scope = 'in_scope' AND registry_state IN ('present', 'left_search') AND study_type = 'INTERVENTIONAL'
        ) AS n_interventional
    FROM trials
),
papers AS (SELECT count(*) FILTER (WHERE scope = 'in_scope' AND NOT is_deleted) AS n_papers_included FROM publications)
SELECT
    concat(
        CASE WHEN is_demo THEN 'MADE-UP DEMONSTRATION RECORDS, NOT TO BE CITED. ' END,
        'Registrations of CAR-engineered cells for immune-mediated disease were identified on ClinicalTrials.gov (API v2',
        ', data of ' || release.data_stamp, ')', CASE WHEN has_pubmed THEN ', and papers on PubMed' END,
        ', as of ', strftime(published_at, '%Y-%m-%d'),
        CASE
            WHEN n_ctgov + n_pubmed > 0 THEN concat(
                ', by ', n_ctgov, CASE n_ctgov WHEN 1 THEN ' search' ELSE ' searches' END, ' of the registry',
                CASE WHEN has_pubmed THEN concat(' and ', n_pubmed, ' of PubMed') END)
            ELSE ', from recorded answers whose search text is not kept'
        END,
        '. Of ', n_screened, ' registrations found, duplicates removed, ', n_included,
        ' give such cells for such a disease and were included (', n_interventional, ' interventional); ',
        n_follow_up, ' that follow recipients and ', n_screened - n_included - n_follow_up,
        ' out of scope or no longer public were not. ',
        CASE WHEN has_pubmed THEN concat(n_papers_included, ' papers were on the topic. ') END,
        'Diseases, targets, cell source and design were read from the records by rules (version ', release.rule_version,
        '); what a record does not say is reported as not stated. Dates are those of first posting unless said otherwise. ',
        'Made with cartrials ', release.code_version, ', release ', release.run_id, ', fingerprint ', left(release.fingerprint, 16), '.'
    ) AS paragraph,
    search_text,
    CAST(published_at AS DATE) AS data_date,
    release.data_stamp, release.run_id, release.rule_version, release.code_version, release.fingerprint,
    n_screened,
    n_included,
    n_interventional,
    n_papers_included
FROM release
CROSS JOIN searches
CROSS JOIN registrations
CROSS JOIN papers
