-- One row per trial that we knew at known_at (now when NULL) and that was registered at t: its state then.
-- The highest state_no among those known by known_at and begun by t: valid_from runs forward along state_no.
CREATE OR REPLACE MACRO chosen_states(t, known_at := NULL) AS TABLE
    SELECT nct_id, max(state_no) AS state_no
    FROM trial_states
    WHERE valid_from <= as_moment(t)
      AND known_from <= coalesce(as_moment(known_at), TIMESTAMP '9999-12-31 00:00:00')
    GROUP BY nct_id;
