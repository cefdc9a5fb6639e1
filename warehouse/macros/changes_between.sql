-- One row per change that we saw after a and up to b; two days give what the release of day b added to that of a.
CREATE OR REPLACE MACRO changes_between(a, b) AS TABLE
    SELECT *
    FROM trial_changes
    WHERE observed_at > as_moment(a)
      AND observed_at <= as_moment(b);
