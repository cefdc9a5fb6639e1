-- One row per trial, paper and who states the tie, with what decides the relation.
-- A paper that names a number in its databank list, title and abstract is stated once by each source:
-- the databank, and the text (the abstract before the title, as it says more).
-- A former number stands for the trial that has it now.
WITH former AS (
    SELECT former_nct_id, min(nct_id) AS now_nct_id
    FROM (SELECT nct_id, unnest(former_nct_ids) AS former_nct_id FROM trials)
    GROUP BY former_nct_id
), named AS (
    SELECT coalesce(now_nct_id, number) AS nct_id, pmid, named_in
    FROM publication_trial_numbers
    LEFT JOIN former ON former_nct_id = number
    WHERE registry = 'ClinicalTrials.gov' AND regexp_full_match(number, 'NCT[0-9]{8}') AND number <> 'NCT00000000'
), stated AS (
    SELECT nct_id, pmid, 'registry_reference' AS link_source, min(reference_type) AS reference_type, NULL AS named_in
    FROM trial_references
    WHERE pmid IS NOT NULL
    GROUP BY nct_id, pmid
    UNION ALL
    SELECT DISTINCT nct_id, pmid, 'pubmed_databank', NULL, 'databank' FROM named WHERE named_in = 'databank'
    UNION ALL
    SELECT nct_id, pmid, 'pubmed_text', NULL, min(named_in)
    FROM named
    WHERE named_in IN ('title', 'abstract')
    GROUP BY nct_id, pmid
)
SELECT stated.nct_id, stated.pmid, stated.link_source, stated.reference_type, stated.named_in,
       publications.title, publications.publication_types, publications.publication_date,
       publications.publication_date_precision, trials.start_date
FROM stated
LEFT JOIN publications ON publications.pmid = stated.pmid
LEFT JOIN trials ON trials.nct_id = stated.nct_id
ORDER BY stated.pmid, stated.nct_id, stated.link_source
