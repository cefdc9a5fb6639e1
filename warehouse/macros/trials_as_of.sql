-- One row per trial: what the registry said at t, as known at known_at (now when NULL); the columns of trials.
-- Name known_at (`known_at := ...`): DuckDB 1.1 takes a second argument only so.
-- A state keeps the last night it was seen on; nights after known_at were not known yet.
CREATE OR REPLACE MACRO trials_as_of(t, known_at := NULL) AS TABLE
    SELECT trial_states.* EXCLUDE (state_no, version, valid_from, valid_to, known_from, known_to)
        REPLACE (
            least(
                trial_states.last_seen_at,
                (
                    SELECT max(night_at)
                    FROM registry_nights
                    WHERE night_at <= coalesce(as_moment(known_at), TIMESTAMP '9999-12-31 00:00:00')
                )
            ) AS last_seen_at
        )
    FROM trial_states
    SEMI JOIN chosen_states(t, known_at := known_at) AS chosen USING (nct_id, state_no);
