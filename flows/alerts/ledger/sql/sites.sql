-- One row per site of a trial that is in scope or follows recipients, or that is among $also, in the record's order.
SELECT s.nct_id, s.country, s.country_code, s.city, s.facility, s.site_status
FROM trial_sites AS s
JOIN trials AS t USING (nct_id)
WHERE t.scope IN ('in_scope', 'follow_up') OR list_contains($also, t.nct_id)
ORDER BY s.nct_id, s.site_no
