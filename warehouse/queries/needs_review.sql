-- title: To be looked at by a person
-- grain: one row per trial, attribute and product of which a key value is in conflict, missing or old
-- reason: rules stop where a record is silent or contradicts itself; a decision in overrides.csv settles it
-- counts: trials in scope of every study type; key values are disease, target, cell source and cell type; comparator and the rest
--   are often not stated and are no reason
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   problem: conflicting, missing, or stale
--   attribute: column that is to be decided
--   product_no: product of the trial; NULL for the trial as a whole
--   found: what is there, as value (kind of evidence); NULL where nothing is
--   why: the reason, in words
--   url: the registry's page
WITH counted AS (
    SELECT nct_id, brief_title, diseases, is_stale, url
    FROM car_t_trials
),
given AS (
    SELECT counted.nct_id, product_no, product, target_antigens, cell_source, cell_type
    FROM counted
    LEFT JOIN car_t_products ON car_t_products.nct_id = counted.nct_id
),
reasons AS (
    SELECT DISTINCT car_t_evidence.nct_id, product_no, attribute, value, kind
    FROM car_t_evidence
    SEMI JOIN counted ON counted.nct_id = car_t_evidence.nct_id
    WHERE attribute IN ('target_antigens', 'construct', 'cell_source', 'cell_type', 'gene_delivery') AND kind <> 'absence'
),
-- A reviewer has decided what an override says: that is no conflict any more.
open_reasons AS (
    SELECT *
    FROM reasons
    ANTI JOIN (SELECT nct_id, attribute FROM reasons WHERE kind = 'override') AS decided
        ON decided.nct_id = reasons.nct_id AND decided.attribute = reasons.attribute
),
disagreeing AS (
    SELECT nct_id, product_no, attribute, 'the record gives more than one value for one product' AS why,
        string_agg(value || ' (' || kind || ')', ', ' ORDER BY value, kind) AS found
    FROM open_reasons
    WHERE attribute <> 'target_antigens' AND product_no IS NOT NULL
    GROUP BY nct_id, product_no, attribute
    HAVING count(DISTINCT value) > 1
    UNION ALL
    SELECT nct_id, product_no, attribute, 'the record and the product list name different targets',
        string_agg(value || ' (' || kind || ')', ', ' ORDER BY value, kind)
    FROM open_reasons
    WHERE attribute = 'target_antigens' AND kind IN ('text', 'product') AND product_no IS NOT NULL
    GROUP BY nct_id, product_no, attribute
    HAVING count(DISTINCT kind) = 2 AND count(*) <> 2 * count(DISTINCT value)
),
problems AS (
    SELECT nct_id, product_no, 'conflicting' AS problem, attribute, found, why FROM disagreeing
    UNION ALL
    SELECT nct_id, NULL, 'missing', 'products', NULL, 'no product could be told from the record' FROM given WHERE product_no IS NULL
    UNION ALL
    SELECT nct_id, product_no, 'missing', 'target_antigens', product, 'the record does not say what the receptor binds'
    FROM given WHERE product_no IS NOT NULL AND len(target_antigens) = 0
    UNION ALL
    SELECT nct_id, product_no, 'missing', 'cell_source', product, 'the record does not say whose cells they are'
    FROM given WHERE product_no IS NOT NULL AND cell_source IS NULL
    UNION ALL
    SELECT nct_id, product_no, 'missing', 'cell_type', product, 'the record does not say which cells they are'
    FROM given WHERE product_no IS NOT NULL AND cell_type IS NULL
    UNION ALL
    SELECT nct_id, NULL, 'missing', 'diseases', NULL, 'no disease could be told from the record'
    FROM counted WHERE coalesce(len(diseases), 0) = 0
    UNION ALL
    SELECT nct_id, NULL, 'stale', NULL, NULL, 'its newest version is in quarantine; these are its last good facts'
    FROM counted WHERE is_stale
)
SELECT problems.nct_id, counted.brief_title, problem, attribute, product_no, found, why, counted.url
FROM problems
JOIN counted ON counted.nct_id = problems.nct_id
ORDER BY list_position(['conflicting', 'stale', 'missing'], problem), attribute, problems.nct_id, product_no
