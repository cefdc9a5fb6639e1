-- One row per tie between a trial asked for and another that one of both records states.
WITH ties AS (
    SELECT nct_id, relation, related_nct_id AS other_nct_id, matched_text, FALSE AS is_said_by_other, relation_no
    FROM trial_relations
    UNION ALL
    SELECT related_nct_id, relation, nct_id, matched_text, TRUE, relation_no
    FROM trial_relations
)
SELECT ties.nct_id, relation, other_nct_id, trials.brief_title AS other_title, matched_text, is_said_by_other
FROM ties
LEFT JOIN trials ON trials.nct_id = ties.other_nct_id
WHERE ties.nct_id IN (SELECT unnest($nct_ids))
ORDER BY ties.nct_id, is_said_by_other, relation_no, other_nct_id
