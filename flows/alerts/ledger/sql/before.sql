-- One row per trial among $trials that was known before $moment: its last state before then, by today's rules.
WITH last AS (
    SELECT nct_id, max(state_no) AS state_no
    FROM trial_states
    WHERE known_from < $moment AND list_contains($trials, nct_id)
    GROUP BY nct_id
)
SELECT s.nct_id, s.overall_status, s.phases, s.diseases, s.topics, s.country_codes, s.scope, s.registry_state,
    s.sponsor_type, [s.lead_sponsor, s.sponsor_canonical] AS sponsors, p.target_antigens, p.cell_source, p.cell_type
FROM trial_states AS s
JOIN last USING (nct_id, state_no)
LEFT JOIN profile_states AS p USING (nct_id, state_no)
