-- One row per event of the ninety days up to the release, by the registry's date, newest first, with the trial it happened to.
SELECT
    trial_events.nct_id, event_id, event_type, occurred_on, observed_at, summary, materiality, trials.brief_title, trials.diseases,
    trials.sponsor_canonical, trials.countries, strftime(occurred_on, '%Y-%m') AS month
FROM trial_events
CROSS JOIN release
LEFT JOIN trials ON trials.nct_id = trial_events.nct_id
WHERE occurred_on > CAST(published_at AS DATE) - 90
  AND (trials.scope IN ('in_scope', 'follow_up') OR event_type = 'left_scope')
ORDER BY occurred_on DESC, observed_at DESC, trial_events.nct_id, event_type, event_id
