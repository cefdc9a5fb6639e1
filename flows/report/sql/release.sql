-- One row: what the published file is.
SELECT run_id, published_at, data_stamp, schema_version, rule_version, code_version, fingerprint, is_demo
FROM release
