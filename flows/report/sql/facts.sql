-- One row per trial asked for: its facts and its profile, of whatever scope it is.
SELECT
    trials.nct_id, url, brief_title, official_title, acronym, scope, scope_reason, registry_state, is_stale, diseases, topics,
    overall_status, last_known_status, why_stopped, study_type, phases, phase_label, allocation, intervention_model, masking,
    enrollment_count, enrollment_type,
    start_date, start_date_precision, start_date_type,
    primary_completion_date, primary_completion_date_precision, primary_completion_date_type,
    completion_date, completion_date_precision, completion_date_type,
    first_posted_date, first_posted_date_precision, last_update_posted_date, last_update_posted_date_precision, has_results,
    lead_sponsor, sponsor_canonical, sponsor_type, industry_involved, countries, site_count,
    sex, minimum_age, maximum_age, first_seen_at, last_seen_at,
    target_antigens, constructs, cell_type, cell_source, products, lymphodepletion, comparator, comparators, comparator_agents,
    control_crossover, crossover_after_days, concomitant_immunosuppression, max_prednisone_mg_per_day, prophylaxis,
    primary_endpoint_domains, safety_outcomes, n_infusions_min, n_infusions_max, is_split_dose, redosing,
    hospital_stay_days, hospital_stay_kind, follow_up_months, ltfu_months, ltfu_where,
    also_enrols, car_t_profiles.rule_version
FROM trials
LEFT JOIN car_t_profiles USING (nct_id)
WHERE trials.nct_id IN (SELECT unnest($nct_ids))
ORDER BY first_posted_date DESC NULLS LAST, trials.nct_id DESC
