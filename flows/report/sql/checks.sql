-- One row per check of a run, those that did not pass first.
SELECT stage, subject, check_name, severity, status, observed, failing_rows, examples
FROM quality_results
WHERE run_id = $run_id
ORDER BY status = 'passed', list_position(['critical', 'warning', 'info'], severity), check_no
