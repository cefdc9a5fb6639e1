-- title: To be looked at by a person
-- grain: one row per trial, attribute and product of which a key value is in conflict, missing or old, or whose scope is in doubt
-- reason: rules stop where a record is silent or contradicts itself; a decision in overrides.csv settles it
-- counts: trials in scope of every study type; key values are disease, target, cell source and cell type; comparator and the rest
--   are often not stated and are no reason; suspects are out of scope: an immune-mediated disease, a coded or cell product, found by
--   a search for CAR, and no word of CAR: a line in the product list brings one in, a decision on its scope lets it be
-- narrows: car_t_trials, trials
-- dates: first_posted_date, first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   problem: suspect, conflicting, stale, or missing
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
contradicted AS (
    SELECT nct_id, product_no, attribute
    FROM car_t_evidence
    WHERE attribute IN ('target_antigens', 'construct', 'cell_source', 'cell_type', 'gene_delivery')
        AND kind <> 'absence'
        AND product_no IS NOT NULL
    GROUP BY nct_id, product_no, attribute
    HAVING (attribute <> 'target_antigens' AND min(value) <> max(value))
        OR (attribute = 'target_antigens' AND bool_or(kind = 'text') AND bool_or(kind = 'product'))
),
undecided AS (
    SELECT contradicted.*
    FROM contradicted
    SEMI JOIN counted ON counted.nct_id = contradicted.nct_id
    ANTI JOIN decided ON decided.nct_id = contradicted.nct_id AND decided.attribute = contradicted.attribute
),
said AS (
    SELECT DISTINCT undecided.nct_id, undecided.product_no, undecided.attribute, value, kind
    FROM undecided
    JOIN car_t_evidence ON car_t_evidence.nct_id = undecided.nct_id
        AND car_t_evidence.product_no = undecided.product_no
        AND car_t_evidence.attribute = undecided.attribute
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
-- A code is a word of letters and at least two digits, as sponsors write them; a drug's name has none.
named AS (
    SELECT trial_interventions.nct_id, name,
        regexp_matches(name, '\b[A-Za-z]{2,8}[ -]?[A-Za-z]{0,4}\d{2,}') AS is_coded,
        regexp_matches(name, '\b[Cc]ells?\b') AS is_cells
    FROM trial_interventions
    WHERE intervention_type IS NULL OR intervention_type IN ('BIOLOGICAL', 'COMBINATION_PRODUCT', 'DRUG', 'GENETIC', 'OTHER')
),
suspects AS (
    SELECT trials.nct_id, trials.brief_title, trials.url, string_agg(DISTINCT name, ', ' ORDER BY name) AS found
    FROM trials
    JOIN named ON named.nct_id = trials.nct_id
    ANTI JOIN decided ON decided.nct_id = trials.nct_id AND decided.attribute IN ('scope', 'scope_reason')
    WHERE trials.scope_reason IN ('no_car', 'cells_without_car')
        AND trials.registry_state IN ('present', 'left_search')
        AND len(trials.diseases) > 0
        AND (named.is_coded OR (named.is_cells AND trials.scope_reason = 'no_car'))
    GROUP BY ALL
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
SELECT nct_id, brief_title, problem, attribute, product_no, found, why, url
FROM (
    SELECT problems.nct_id, counted.brief_title, problem, attribute, product_no, found, why, counted.url
    FROM problems
    JOIN counted ON counted.nct_id = problems.nct_id
    UNION ALL
    SELECT nct_id, brief_title, 'suspect', 'scope', NULL, found,
        'an immune-mediated disease, a coded or cell product, and no word of CAR', url
    FROM suspects
)
ORDER BY list_position(['suspect', 'conflicting', 'stale', 'missing'], problem), attribute, nct_id, product_no
