-- One row per paper tied to a trial asked for, with the strongest tie; papers that report it first, newest first.
WITH ties AS (
    SELECT
        nct_id, pmid,
        min(list_position(['reports', 'protocol', 'background', 'unclear'], relation)) AS tie_no,
        list_sort(list(DISTINCT link_source)) AS link_sources
    FROM trial_publications
    WHERE nct_id IN (SELECT unnest($nct_ids))
    GROUP BY nct_id, pmid
)
SELECT
    nct_id, ties.pmid, (['reports', 'protocol', 'background', 'unclear'])[tie_no] AS relation, link_sources,
    title, journal, publication_date, publication_date_precision, coalesce(is_retracted, false) AS is_retracted,
    coalesce(has_expression_of_concern, false) AS has_expression_of_concern
FROM ties
LEFT JOIN publications ON publications.pmid = ties.pmid AND NOT publications.is_deleted
ORDER BY nct_id, tie_no, publication_date DESC NULLS LAST, ties.pmid
