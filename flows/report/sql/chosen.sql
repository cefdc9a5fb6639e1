-- One row per trial that the report lists: what gives CAR cells or follows their recipients, newest registration first.
SELECT nct_id
FROM trials
WHERE scope IN ('in_scope', 'follow_up')
  AND registry_state IN ('present', 'left_search')
ORDER BY first_posted_date DESC NULLS LAST, nct_id DESC
