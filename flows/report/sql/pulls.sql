-- One row per search leg of a run.
SELECT source, leg, query, records, total_reported, pages, seconds, data_stamp, is_skipped
FROM source_pulls
WHERE run_id = $run_id
ORDER BY source, leg
