-- title: Scope, diseases and targets that moved
-- grain: one row per trial, version and attribute that changed
-- reason: a registration that changes what it treats or gives is another trial under the same number
-- counts: interventional trials that are or were in scope, with any registry_state; by today's rules, so only a changed record shows
-- narrows: trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title now
--   changed_on: since when, by the registry's dates
--   known_on: when we saw it
--   attribute: scope, diseases or target_antigens
--   value_before: value before, entries of a list joined
--   value_after: value after
--   scope_now: scope of the trial now
WITH watched AS (
    SELECT nct_id, brief_title, scope
    FROM trials
    WHERE study_type = 'INTERVENTIONAL'
        AND nct_id IN (SELECT nct_id FROM trial_states WHERE state_no > 1)
        AND nct_id IN (SELECT nct_id FROM trial_states WHERE trial_states.scope = 'in_scope')
),
states AS (
    SELECT trial_states.nct_id, trial_states.state_no, trial_states.scope, trial_states.diseases, profile_states.target_antigens,
        CAST(trial_states.valid_from AS DATE) AS changed_on, CAST(trial_states.known_from AS DATE) AS known_on
    FROM trial_states
    SEMI JOIN watched ON watched.nct_id = trial_states.nct_id
    LEFT JOIN profile_states ON profile_states.nct_id = trial_states.nct_id AND profile_states.state_no = trial_states.state_no
),
steps AS (
    SELECT states.*,
        earlier.scope AS scope_before,
        earlier.diseases AS diseases_before,
        earlier.target_antigens AS target_antigens_before
    FROM states
    JOIN states AS earlier ON earlier.nct_id = states.nct_id AND earlier.state_no = states.state_no - 1
),
moved AS (
    SELECT nct_id, state_no, changed_on, known_on, 'scope' AS attribute, scope_before AS value_before, scope AS value_after
    FROM steps
    WHERE scope_before <> scope
    UNION ALL
    SELECT nct_id, state_no, changed_on, known_on, 'diseases',
        array_to_string(diseases_before, ', '), array_to_string(diseases, ', ')
    FROM steps
    WHERE coalesce(diseases_before, []) <> coalesce(diseases, [])
    UNION ALL
    SELECT nct_id, state_no, changed_on, known_on, 'target_antigens',
        array_to_string(target_antigens_before, ', '), array_to_string(target_antigens, ', ')
    FROM steps
    WHERE target_antigens_before <> target_antigens
)
SELECT
    moved.nct_id, watched.brief_title, moved.changed_on, moved.known_on, moved.attribute,
    coalesce(nullif(moved.value_before, ''), 'not stated') AS value_before,
    coalesce(nullif(moved.value_after, ''), 'not stated') AS value_after,
    watched.scope AS scope_now
FROM moved
JOIN watched ON watched.nct_id = moved.nct_id
ORDER BY moved.changed_on DESC, moved.nct_id, moved.state_no DESC, moved.attribute
