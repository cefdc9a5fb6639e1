-- One row per trial that had a profile: its profile at t, as known at known_at (now when NULL); the columns
-- of car_t_profiles. A trial whose version of that day has no profile gives none, whatever it had before.
-- Name known_at (`known_at := ...`): DuckDB 1.1 takes a second argument only so.
CREATE OR REPLACE MACRO profiles_as_of(t, known_at := NULL) AS TABLE
    SELECT profile_states.* EXCLUDE (state_no, version, valid_from, valid_to, known_from, known_to)
    FROM profile_states
    SEMI JOIN chosen_states(t, known_at := known_at) AS chosen USING (nct_id, state_no);
