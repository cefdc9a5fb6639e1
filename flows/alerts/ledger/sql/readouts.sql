-- One row per interventional trial in scope whose primary completion is known and that was not withdrawn, with each
-- primary completion that it had: `history` holds them in order, since when by the registry's dates.
SELECT t.nct_id, coalesce(t.brief_title, t.nct_id) AS title, coalesce(t.sponsor_canonical, t.lead_sponsor) AS sponsor, t.url,
    t.primary_completion_date AS dated, t.primary_completion_date_precision AS precise, t.primary_completion_date_type AS kind,
    t.first_posted_date AS since, h.history
FROM trials AS t
LEFT JOIN (
    SELECT nct_id, list({'dated': primary_completion_date, 'precise': primary_completion_date_precision, 'since': valid_from} ORDER BY state_no) AS history
    FROM trial_states
    WHERE primary_completion_date IS NOT NULL
    GROUP BY nct_id
) AS h USING (nct_id)
WHERE t.scope = 'in_scope' AND t.registry_state IN ('present', 'left_search') AND t.study_type = 'INTERVENTIONAL'
    AND t.primary_completion_date IS NOT NULL AND t.overall_status IS DISTINCT FROM 'WITHDRAWN'
ORDER BY t.nct_id
