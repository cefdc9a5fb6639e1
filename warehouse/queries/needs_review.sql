-- title: To be looked at by a person
-- grain: one row per trial, attribute and product of which a key value is in conflict, missing or old, or whose scope is in doubt
-- reason: rules stop where a record is silent or contradicts itself; a decision in overrides.csv settles it
-- counts: trials in scope of every study type; key values are disease, target, cell source and cell type, a costimulatory domain that
--   the product list has otherwise, washouts and floors told in two ways, doses of one agent that no arm tells apart, primary
--   endpoints none of which says what it is about; comparator and the rest are often not stated and are no reason; suspects are out of scope: an immune-mediated disease, a coded or cell product, found by
--   a search for CAR, and no word of CAR: a line in the product list brings one in, a decision on its scope lets it be
-- narrows: car_t_trials, trials
-- dates: first_posted_date, first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   problem: suspect, conflicting, stale, or missing
--   attribute: what is to be decided, as overrides.csv calls it: a column, or rows (trial_criteria[washout rituximab])
--   product_no: product of the trial; NULL for the trial as a whole
--   found: what is there, as value (kind of evidence); NULL where nothing is
--   why: the reason, in words
--   url: the registry's page
WITH counted AS (
    SELECT nct_id, brief_title, diseases, is_stale, url
    FROM car_t_trials
),
given AS (
    SELECT counted.nct_id, product_no, product_key, product, target_antigens, cell_source, cell_type, costimulatory_domain
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
-- The record's word stands; that the list has another is for a person.
listed_otherwise AS (
    SELECT given.nct_id, given.product_no, 'costimulatory_domain' AS attribute,
        given.costimulatory_domain || ' (record), ' || products.costimulatory_domain || ' (product list)' AS found,
        'the record and the product list name different costimulatory domains' AS why
    FROM given
    JOIN products ON products.product_key = given.product_key
    ANTI JOIN decided ON decided.nct_id = given.nct_id AND decided.attribute = 'costimulatory_domain'
    WHERE given.costimulatory_domain <> products.costimulatory_domain
),
-- What one statement asks of all: choices, conditions and cohorts may well differ.
asked AS (
    SELECT trial_criteria.nct_id, kind, subject,
        CASE kind WHEN 'washout' THEN CAST(days AS VARCHAR) || ' days' ELSE 'from ' || eligible_min END AS said,
        coalesce(relative_to, unit_canonical, '') AS counted_in
    FROM trial_criteria
    SEMI JOIN counted ON counted.nct_id = trial_criteria.nct_id
    WHERE NOT is_conditional AND cohorts IS NULL AND diseases IS NULL AND sex IS NULL AND operator IS NULL = (kind = 'washout')
        AND ((kind = 'washout' AND days IS NOT NULL) OR (kind = 'disease_activity' AND eligible_min IS NOT NULL))
),
told_twice AS (
    SELECT nct_id, 'trial_criteria[' || kind || ' ' || subject || ']' AS attribute,
        array_to_string(list_sort(list(DISTINCT said)), ', ') AS found,
        'the criteria say it in two ways' AS why
    FROM asked
    GROUP BY nct_id, kind, subject, counted_in
    HAVING count(DISTINCT said) > 1
    UNION ALL
    SELECT trial_conditioning.nct_id, 'trial_conditioning[' || agent || ']',
        array_to_string(list_sort(list(DISTINCT dose_min || coalesce(' ' || unit, ''))), ', '),
        'one agent has several doses, and no arm tells them apart'
    FROM trial_conditioning
    SEMI JOIN counted ON counted.nct_id = trial_conditioning.nct_id
    WHERE dose_min IS NOT NULL AND arm_labels IS NULL
    GROUP BY trial_conditioning.nct_id, agent
    HAVING count(DISTINCT dose_min) > 1
),
named_nothing AS (
    SELECT nct_id
    FROM trial_endpoints
    SEMI JOIN counted ON counted.nct_id = trial_endpoints.nct_id
    WHERE outcome_type = 'primary' AND role = 'measured'
    GROUP BY nct_id
    HAVING count(concept) = 0 AND count(domain) = 0  -- "safety of the cells" is vague and known
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
    SELECT nct_id, product_no, 'conflicting', attribute, found, why FROM listed_otherwise
    UNION ALL
    SELECT told_twice.nct_id, NULL, 'conflicting', told_twice.attribute, found, why
    FROM told_twice
    ANTI JOIN decided ON decided.nct_id = told_twice.nct_id AND decided.attribute = told_twice.attribute
    UNION ALL
    SELECT nct_id, NULL, 'missing', 'trial_endpoints', NULL, 'no primary endpoint says what it is about'
    FROM named_nothing
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
