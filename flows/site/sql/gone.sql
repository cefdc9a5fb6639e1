-- One row per trial that was read as in scope or as a follow-up and that the registry does not give any more, the newest first.
SELECT nct_id
FROM trials
WHERE scope IN ('in_scope', 'follow_up')
  AND registry_state NOT IN ('present', 'left_search')
ORDER BY first_posted_date DESC NULLS LAST, nct_id DESC
