-- One row per trial that is in scope or follows recipients, or that is among $also: what filters compare.
WITH treated AS (
    SELECT nct_id, list(DISTINCT disease ORDER BY disease) AS diseases FROM trial_diseases GROUP BY nct_id
), collaborators AS (
    SELECT nct_id, list(name ORDER BY collaborator_no) AS names FROM trial_collaborators GROUP BY nct_id
), given AS (
    SELECT nct_id,
        list(DISTINCT cell_source ORDER BY cell_source) FILTER (cell_source IS NOT NULL) AS cell_sources,
        list(DISTINCT cell_type ORDER BY cell_type) FILTER (cell_type IS NOT NULL) AS cell_types,
        list(DISTINCT antigen ORDER BY antigen) FILTER (antigen IS NOT NULL) AS antigens
    FROM (
        SELECT nct_id, cell_source, cell_type, unnest(CASE WHEN target_antigens = [] THEN [NULL] ELSE target_antigens END) AS antigen
        FROM car_t_products
    )
    GROUP BY nct_id
)
SELECT
    t.nct_id, coalesce(t.brief_title, t.official_title, t.nct_id) AS title, t.url, t.scope, t.registry_state, t.overall_status,
    t.phases, t.phase_label, t.lead_sponsor, [t.lead_sponsor, t.sponsor_canonical] || coalesce(collaborators.names, []) AS sponsors,
    t.sponsor_type, coalesce(treated.diseases, t.diseases) AS diseases, t.topics,
    coalesce(p.target_antigens, given.antigens) AS target_antigens, given.cell_sources, given.cell_types, p.products,
    t.start_date, t.start_date_precision, t.start_date_type, t.enrollment_count, t.enrollment_type, t.first_posted_date, t.country_codes
FROM trials AS t
LEFT JOIN car_t_profiles AS p USING (nct_id)
LEFT JOIN treated USING (nct_id)
LEFT JOIN collaborators USING (nct_id)
LEFT JOIN given USING (nct_id)
WHERE t.scope IN ('in_scope', 'follow_up') OR list_contains($also, t.nct_id)
ORDER BY t.nct_id
