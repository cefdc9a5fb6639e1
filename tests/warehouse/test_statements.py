"""SQL of a user reads the warehouse, and can do nothing else, whatever it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from warehouse.querying.reading import published
from warehouse.querying.statements import StatementError, select

WRITES = [
    "INSERT INTO trials SELECT * FROM trials",
    "UPDATE trials SET acronym = 'x'",
    "DELETE FROM trials",
    "TRUNCATE trials",
    "MERGE INTO trials USING (SELECT 1) ON true WHEN MATCHED THEN DELETE",
    "WITH x AS (DELETE FROM trials RETURNING *) SELECT * FROM x",
    "DROP TABLE trials",
    "DROP VIEW car_t_trials",
    "ALTER TABLE trials ADD COLUMN z INTEGER",
    "COMMENT ON TABLE trials IS 'x'",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE OR REPLACE TEMP VIEW car_t_trials AS SELECT 1",
    "CREATE TEMP MACRO as_moment(t) AS 1",
    "CREATE TYPE t AS ENUM ('a')",
    "CREATE SECRET s (TYPE s3)",
    "EXPLAIN ANALYZE DELETE FROM trials",
    "EXPLAIN ANALYZE CREATE TEMP TABLE x AS SELECT 1",
    "explain /* a */ analyze -- b\n INSERT INTO trials SELECT * FROM trials",
    "EXPLAIN (FORMAT json) DROP TABLE trials",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "FROM checkpoint()",
    "SELECT * FROM force_checkpoint()",
    "VACUUM",
    "BEGIN",
    "PREPARE p AS DELETE FROM trials",
    "EXECUTE p",
    "SELECT 1; DROP TABLE trials",
    "SELECT 1; SELECT 2",
]  # fmt: skip
ATTACHES = [
    "ATTACH '{other}' AS other",
    "ATTACH ':memory:' AS other",
    "ATTACH 'postgres:dbname=x' AS other",
    "EXPLAIN ANALYZE ATTACH ':memory:' AS other",
    "DETACH cartrials",
    "USE memory",
    "SELECT * FROM read_duckdb('{other}')",
]
READS_FILES = [
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_json_auto('{secret}')",
    "SELECT * FROM READ_CSV /* gap */ -- gap\n ('{secret}')",
    "SELECT * FROM \"read_text\"('{secret}')",
    "SELECT * FROM system.main.read_text('{secret}')",
    "SELECT * FROM '{secret}'",
    "FROM '{secret}'",
    "SUMMARIZE '{secret}'",
    "DESCRIBE SELECT * FROM read_csv('{secret}')",
    "PIVOT (SELECT * FROM read_csv('{secret}')) ON column0",
    "SELECT * FROM query('SELECT * FROM read_te' || 'xt(''{secret}'')')",
    "SELECT * FROM query($$ FROM '{secret}' $$)",
    "SELECT * FROM query_table('{secret}')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{secret}'')'))",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM parquet_scan('{secret}')",
    "FROM 'https://example.org/x.csv'",
    "SELECT (SELECT content FROM read_text('{secret}'))",
]
WRITES_FILES = [
    "COPY trials TO '{folder}/written.csv'",
    "COPY (SELECT 1) TO '{folder}/written.parquet'",
    "COPY trials FROM '{secret}'",
    "EXPLAIN COPY trials TO '{folder}/written.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/written.csv'",
    "EXPORT DATABASE '{folder}/written'",
    "IMPORT DATABASE '{folder}'",
    "SELECT * FROM enable_profiling(format := 'json', save_location := '{folder}/written.json')",
    "SELECT * FROM enable_logging(storage := 'file', storage_path := '{folder}/written')",
    "PRAGMA profiling_output = '{folder}/written.json'",
]
LOADS_OR_SETS = [
    "INSTALL httpfs",
    "FORCE INSTALL fts FROM 'https://example.org'",
    "LOAD fts",
    "LOAD '{secret}'",
    "UPDATE EXTENSIONS",
    "SET memory_limit = '1GB'",
    "SET enable_external_access = true",
    "SET VARIABLE x = 1",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "pragma/**/version",
    "CALL pragma_version()",
    "CALL enable_logging()",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM pandas_scan(1::POINTER, 2, 3)",
    "SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
]
CALLS_WHAT_IS_NOT_KNOWN = [
    "SELECT sleep_ms(1)",
    "SELECT pg_sleep(1)",
    "SELECT write_log('told')",
    "SELECT nextval('trials')",
    "SELECT setseed(0.5)",
    "SELECT current_setting('home_directory')",
    "SELECT getvariable('x')",
    "SELECT json_serialize_plan('SELECT 1')",
    "SELECT 1 ORDER BY sleep_ms(1)",
    "SELECT 1 LIMIT sleep_ms(1)",
    "SELECT list_transform([1], lambda x: sleep_ms(x))",
    "SELECT count(*) FILTER (sleep_ms(1) IS NULL) OVER (PARTITION BY sleep_ms(1))",
    'WITH a AS (SELECT "sleep_ms" /* gap */ (1)) FROM a',
    "SELECT main.sleep_ms(1)",
    "SELECT system.main.SLEEP_MS(1)",
    "SELECT (1).sleep_ms()",
    "SELECT sum(a) OVER (ORDER BY (SELECT sleep_ms(1))) FROM (SELECT 1 AS a)",
    "SELECT * FROM (VALUES (sleep_ms(1)))",
    "EXPLAIN ANALYZE SELECT sleep_ms(1)",
    "PIVOT (SELECT sleep_ms(1) AS a) ON a",
    'PIVOT (SELECT "sleep_ms" -- gap\n (1) AS a) ON a',
    "PIVOT (SELECT * FROM duckdb_settings ( )) ON name",
    "SELECT * FROM trials TABLESAMPLE reservoir(1) WHERE sleep_ms(1) IS NULL",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM seq_scan('trials')",
    "SELECT * FROM duckdb_logs()",
    "SELECT * FROM duckdb_variables()",
    "FROM unnest([sleep_ms(1)])",
    "SELECT * FROM range(sleep_ms(1))",
    f"SELECT {'+'.join(['1'] * 3000)}",
    f"SELECT {'abs(' * 800}1{')' * 800}",
]
ENVIRONMENT = [
    "SELECT getenv('CARTRIALS_NCBI_API_KEY')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM variable_of_this_program",
    "SELECT set_config('a', 'b', false)",
]
NOTHING = ["", "   ;", "-- nothing", "/* nothing */"]
WRONG = ["SELECT", "SELEC 1", "GRANT ALL", "SELECT * FROM no_such_table", "SELECT no_such_column FROM trials"]


@pytest.mark.parametrize(
    "statement",
    WRITES
    + ATTACHES
    + READS_FILES
    + WRITES_FILES
    + LOADS_OR_SETS
    + CALLS_WHAT_IS_NOT_KNOWN
    + ENVIRONMENT
    + NOTHING
    + WRONG,
)
def test_whatever_is_not_a_question_to_the_warehouse_is_refused(
    statement: str, small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable_of_this_program = [("told", 1)]
    monkeypatch.setenv("CARTRIALS_NCBI_API_KEY", "hunter2")
    secret = tmp_path / "secret.csv"
    secret.write_text("hunter2,hunter3\n")
    before = small_file.stat()
    with published(small_file) as connection:
        for part, value in {"{secret}": secret, "{folder}": tmp_path, "{other}": tmp_path / "other.duckdb"}.items():
            statement = statement.replace(part, str(value))
        with pytest.raises(StatementError) as refused:
            select(connection, statement)
        assert select(connection, "SELECT count(*) AS n FROM trials").to_pylist() == [{"n": 240}]
    said = str(refused.value)
    assert "hunter" not in said and "\n" not in said and said.endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"], "something was written"
    assert (small_file.stat().st_mtime_ns, small_file.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert variable_of_this_program and os.environ["CARTRIALS_NCBI_API_KEY"] == "hunter2"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM car_t_trials",
        "WITH a AS (SELECT 1 AS n) SELECT n FROM a;",
        "FROM trend_by_target",
        "TABLE release",
        "VALUES (1), (2)",
        "DESCRIBE trials",
        "SHOW TABLES",
        "SUMMARIZE release",
        "EXPLAIN SELECT * FROM trials",
        "EXPLAIN ANALYZE SELECT count(*) FROM trials",
        "EXPLAIN (FORMAT json) SELECT 1",
        "PIVOT trials ON overall_status USING count(*) GROUP BY study_type",
        "SELECT * FROM trials_as_of(DATE '2026-09-01', known_at := DATE '2026-09-02')",
        "SELECT unnest(diseases) FROM car_t_trials",
        "SELECT * FROM range(3) AS r(n)",
        "SELECT * FROM duckdb_columns() WHERE table_name = 'trials'",
        "SELECT query, leg FROM source_pulls WHERE query IN ('a', 'b') OR leg LIKE 'pragma %'",
        "/* what */ SELECT 1 -- and why",
        "SELECT coalesce(acronym, 'none') || ' of ' || lead_sponsor, count(*) FROM trials GROUP BY ALL",
        "SELECT row_number() OVER (ORDER BY nct_id) FROM trials WHERE lower(brief_title) LIKE '%lupus%'",
        "SELECT list_transform(diseases, lambda d: upper(d)) FROM car_t_trials WHERE len(diseases) > 0",
        "SELECT date_trunc('year', start_date), median(enrollment_count) FROM trials GROUP BY 1 ORDER BY 1",
        "SELECT extract(year FROM start_date), regexp_extract(brief_title, '[A-Z]+'), CAST(1 AS VARCHAR) FROM trials",
        "SELECT * FROM changes_between(DATE '2026-09-01', DATE '2026-09-02')",
        "SELECT details->>'why', x.* FROM trial_events, json_each(details) AS x",
        "SELECT as_moment(DATE '2026-09-01'), 1 IN (SELECT 1), 2 BETWEEN 1 AND 3, 5!, 'a' SIMILAR TO 'a'",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) FROM t",
        "PIVOT (SELECT lower(study_type) AS k, count(*) AS n FROM trials GROUP BY ALL) ON k USING sum(n)",
        "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b",
    ],
)
def test_every_kind_of_question_is_answered(statement: str, small_file: Path) -> None:
    with published(small_file) as connection:
        assert select(connection, statement).num_columns > 0
