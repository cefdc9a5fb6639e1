-- One row: the last run that asked the registry, as the release knows it.
SELECT
    run_id, kind, source, clock_at, started_at, finished_at, status, reason, accepted_reason, data_stamp, trials_new, trials_changed,
    papers_new, papers_changed, records_quarantined
FROM runs
WHERE kind IN ('nightly', 'accepted')
ORDER BY clock_at DESC, started_at DESC
LIMIT 1
