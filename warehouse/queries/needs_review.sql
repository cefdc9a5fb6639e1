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
-- A reviewer has decided what an override says: that is no conflict any more.
decided AS (SELECT DISTINCT nct_id, attribute FROM car_t_evidence WHERE kind = 'override'),
suspects AS (
    SELECT nct_id, product_no, attribute
    FROM car_t_evidence
    WHERE attribute IN ('target_antigens', 'construct', 'cell_source', 'cell_type', 'gene_delivery')
        AND kind <> 'absence'
        AND product_no IS NOT NULL
    GROUP BY nct_id, product_no, attribute
    HAVING (attribute <> 'target_antigens' AND min(value) <> max(value))
        OR (attribute = 'target_antigens' AND bool_or(kind = 'text') AND bool_or(kind = 'product'))
),
open_suspects AS (
    SELECT suspects.*
    FROM suspects
    SEMI JOIN counted ON counted.nct_id = suspects.nct_id
    ANTI JOIN decided ON decided.nct_id = suspects.nct_id AND decided.attribute = suspects.attribute
),
said AS (
    SELECT DISTINCT open_suspects.nct_id, open_suspects.product_no, open_suspects.attribute, value, kind
    FROM open_suspects
    JOIN car_t_evidence ON car_t_evidence.nct_id = open_suspects.nct_id
        AND car_t_evidence.product_no = open_suspects.product_no
        AND car_t_evidence.attribute = open_suspects.attribute
    WHERE kind <> 'absence'
),
disagreeing AS (
    SELECT nct_id, product_no, attribute,
        CASE attribute
            WHEN 'target_antigens' THEN 'the record and the product list name different targets'
            ELSE 'the record gives more than one value for one product'
        END AS why,
        array_to_string(list_sort(list(value || ' (' || kind || ')')), ', ') AS found
    FROM said
    WHERE attribute <> 'target_antigens' OR kind IN ('text', 'product')
    GROUP BY nct_id, product_no, attribute
    HAVING attribute <> 'target_antigens' OR count(*) <> 2 * count(DISTINCT value)
),
unstated AS (
    SELECT nct_id, product_no, product,
        unnest([
            CASE WHEN product_no IS NULL THEN 'products' END,
            CASE WHEN len(target_antigens) = 0 THEN 'target_antigens' END,
            CASE WHEN product_no IS NOT NULL AND cell_source IS NULL THEN 'cell_source' END,
            CASE WHEN product_no IS NOT NULL AND cell_type IS NULL THEN 'cell_type' END
        ]) AS attribute
    FROM given
),
problems AS (
    SELECT nct_id, product_no, 'conflicting' AS problem, attribute, found, why FROM disagreeing
    UNION ALL
    SELECT nct_id, product_no, 'missing', attribute, product,
        CASE attribute
            WHEN 'products' THEN 'no product could be told from the record'
            WHEN 'target_antigens' THEN 'the record does not say what the receptor binds'
            WHEN 'cell_source' THEN 'the record does not say whose cells they are'
            ELSE 'the record does not say which cells they are'
        END
    FROM unstated
    WHERE attribute IS NOT NULL
    UNION ALL
    SELECT nct_id, NULL, 'missing', 'diseases', NULL, 'no disease could be told from the record'
    FROM counted
    WHERE coalesce(len(diseases), 0) = 0
    UNION ALL
    SELECT nct_id, NULL, 'stale', NULL, NULL, 'its newest version is in quarantine; these are its last good facts'
    FROM counted
    WHERE is_stale
)
SELECT problems.nct_id, counted.brief_title, problem, attribute, product_no, found, why, counted.url
FROM problems
JOIN counted ON counted.nct_id = problems.nct_id
ORDER BY list_position(['conflicting', 'stale', 'missing'], problem), attribute, problems.nct_id, product_no
