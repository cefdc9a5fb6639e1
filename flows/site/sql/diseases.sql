-- One row per disease of the trials asked for: what it is a form of, its group and MeSH id.
SELECT disease, min(parent_disease) AS parent_disease, min(disease_group) AS disease_group, min(mesh_id) AS mesh_id
FROM trial_diseases
WHERE nct_id IN (SELECT unnest($nct_ids))
GROUP BY disease
ORDER BY disease
