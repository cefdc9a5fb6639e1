-- One row per trial in scope that the registry gives or gave to a search: the trial with its profile.
-- What examples and trend queries count; trials withheld, removed or merged into another are not in it.
SELECT trials.*, car_t_profiles.* EXCLUDE (nct_id)
FROM trials
LEFT JOIN car_t_profiles USING (nct_id)
WHERE trials.scope = 'in_scope'
  AND trials.registry_state IN ('present', 'left_search')
