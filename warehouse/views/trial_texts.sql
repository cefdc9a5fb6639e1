-- One row per text of a trial that evidence may quote: nct_id, field_path, text.
-- Offsets of car_t_evidence count Unicode code points of `text` from 0, half open:
-- substr(text, start_offset + 1, end_offset - start_offset) = matched_text.
SELECT nct_id, unnest(['trials.brief_title', 'trials.official_title', 'trials.acronym', 'trials.brief_summary',
                       'trials.detailed_description', 'trials.eligibility_criteria', 'trials.intervention_model_description',
                       'trials.masking_description', 'trials.why_stopped', 'trials.org_study_id', 'trials.lead_sponsor']) AS field_path,
       unnest([brief_title, official_title, acronym, brief_summary, detailed_description, eligibility_criteria,
               intervention_model_description, masking_description, why_stopped, org_study_id, lead_sponsor]) AS text
FROM trials
UNION ALL
SELECT nct_id, format('trial_conditions.condition[{}]', condition_no), condition FROM trial_conditions
UNION ALL
SELECT nct_id, format('trial_keywords.keyword[{}]', keyword_no), keyword FROM trial_keywords
UNION ALL
SELECT nct_id, format('trial_arms.label[{}]', arm_no), label FROM trial_arms
UNION ALL
SELECT nct_id, format('trial_arms.description[{}]', arm_no), description FROM trial_arms
UNION ALL
SELECT nct_id, format('trial_interventions.name[{}]', intervention_no), name FROM trial_interventions
UNION ALL
SELECT nct_id, format('trial_interventions.description[{}]', intervention_no), description FROM trial_interventions
UNION ALL
SELECT nct_id, format('trial_interventions.other_names[{}][{}]', intervention_no, place), other_names[place]
FROM (SELECT nct_id, intervention_no, other_names, unnest(range(1, len(other_names) + 1)) AS place FROM trial_interventions)
UNION ALL
SELECT nct_id, format('trial_outcomes.measure[{}]', outcome_no), measure FROM trial_outcomes
UNION ALL
SELECT nct_id, format('trial_outcomes.time_frame[{}]', outcome_no), time_frame FROM trial_outcomes
UNION ALL
SELECT nct_id, format('trial_outcomes.description[{}]', outcome_no), description FROM trial_outcomes
UNION ALL
SELECT nct_id, format('trial_collaborators.name[{}]', collaborator_no), name FROM trial_collaborators
