-- One row per event that a run of the seven days up to the release saw, with the trial it happened to; what matters most first.
-- On the first night everything is seen for the first time: of that night only what the registry itself dates into the week counts.
WITH first_night AS (SELECT min(night_at) AS night_at FROM registry_nights)
SELECT
    trial_events.nct_id, trial_events.event_id, event_type, occurred_on, observed_at, summary, materiality,
    trials.brief_title, trials.diseases, trials.sponsor_canonical, trials.countries
FROM trial_events
CROSS JOIN release
CROSS JOIN first_night
LEFT JOIN trials ON trials.nct_id = trial_events.nct_id
WHERE observed_at > published_at - INTERVAL 7 DAY
  AND observed_at <= published_at
  AND (
      observed_at > night_at
      -- A registration without a date is dated by the night that saw it first.
      OR (occurred_on > CAST(published_at AS DATE) - 7 AND (event_type <> 'registered' OR first_posted_date IS NOT NULL))
  )
  AND (trials.scope IN ('in_scope', 'follow_up') OR event_type = 'left_scope')
ORDER BY
    list_position(['high', 'medium', 'low'], materiality), occurred_on DESC, observed_at DESC, trial_events.nct_id, event_type,
    trial_events.event_id
