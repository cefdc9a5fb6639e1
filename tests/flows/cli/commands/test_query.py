"""What `cartrials query`, `sql` and `search` print: every odd value on its line, nothing a terminal would act on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.cli.commands import query
from flows.cli.commands.columns import Choice, fitting
from flows.cli.commands.show import show_trials
from flows.config.settings import Settings, load
from flows.errors import SettingsError, UsageError
from tests.flows.cli.commands.test_running import run
from tests.warehouse import made_up
from warehouse.querying import named


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("query")
    made_up.build(home / "cartrials.duckdb", made_up.rows(30))
    return load(home=home)


def test_a_table_has_a_line_for_each_row_and_says_how_it_counts(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query.run_query(settings, "by-target", {"disease": ["SLE"], "phase": []}) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Products by target antigen\n")
    assert "Counts CAR products of interventional trials in scope" in shown
    assert "Narrowed to disease SLE." in shown


def test_titles_are_shown_and_never_acted_on(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    query.run_sql(settings, "SELECT nct_id, brief_title FROM trials ORDER BY nct_id LIMIT 13")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 15, "a title broke its line"
    shown = "\n".join(lines)
    assert "<script>alert('x')</script> cells for lupus" in shown and "=1+1 cells" in shown and "🧬" in shown
    assert not set(shown) & set("\t\r\x1b\u202e")


def test_csv_to_standard_output_holds_nothing_else(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    query.run_query(settings, "by_status", format="csv")
    found = list(csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode("utf-8"), newline="")))
    assert sum(int(row["n_trials"]) for row in found) == int(found[0]["n_trials_total"])


@pytest.mark.parametrize("format_", ["csv", "json", "parquet", "xlsx"])
def test_a_file_of_every_format(settings: Settings, tmp_path: Path, format_: str) -> None:
    out = tmp_path / f"answer.{format_}"
    query.run_query(settings, "by_status", format=format_, out=out)
    if format_ == "json":
        assert json.loads(out.read_text("utf-8"))[0]["n_trials"] > 0
    elif format_ == "parquet":
        assert pq.read_table(out).num_rows > 1
    else:
        assert out.stat().st_size > 100


def test_every_query_is_listed_with_what_a_row_is(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    query.list_queries()
    shown = capsys.readouterr().out
    assert all(name in shown for name in named.queries())
    query.list_queries(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told] == list(named.queries())


def test_a_long_text_in_one_row_is_shown_upright(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    query.run_query(settings, "methods")
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("paragraph") for line in lines) and any(line.startswith("fingerprint") for line in lines)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "by_taget"}, "There is no query 'by_taget'. Nearest: by_target"),
        ({"name": "by_target", "words": {"disease": ["lupas"]}}, "Nearest: lupus, "),
        ({"name": "methods", "since": "2024"}, "methods tells of the release as a whole and takes no filter"),
        ({"name": "by_target", "format": "docx"}, "--format is 'docx'; expected table, csv, json, parquet, xlsx."),
        ({"name": "by_target", "out": Path("x")}, "A table is for reading; add --format csv"),
    ],
)
def test_a_wrong_word_is_one_sentence(settings: Settings, given: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        query.run_query(settings, **given)  # type: ignore[arg-type]
    assert says in str(refused.value) and "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["state.sqlite", "cartrials.duckdb", "archive/packs/a.zst", "new.csv"])
def test_an_answer_is_never_written_over_what_is_in_the_data_folder(settings: Settings, name: str) -> None:
    with pytest.raises(SettingsError, match="Name a place outside it"):
        query.run_sql(settings, "SELECT 1", format="csv", out=settings.home / name)
    with pytest.raises(SettingsError, match="Name a place outside it"):
        query.run_query(settings, "by_phase", format="csv", out=settings.home / "releases" / ".." / name)


def test_sql_that_writes_is_a_usage_error(settings: Settings) -> None:
    with pytest.raises(UsageError, match="Only one reading statement is answered"):
        query.run_sql(settings, "DELETE FROM trials")


@pytest.mark.parametrize(
    "statement", ["-- which trials = all, they say\nSELECT 'nan'::DOUBLE AS n", "--no blank\nSELECT 'nan'::DOUBLE AS n"]
)
def test_sql_may_begin_with_a_comment_and_nan_is_no_absent_value(
    settings: Settings, statement: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARTRIALS_HOME", str(settings.home))
    assert run(monkeypatch, "sql", statement) == 0
    assert "NaN" in capsys.readouterr().out
    assert run(monkeypatch, "sql", "--formt", "SELECT 1") == 2


@pytest.mark.parametrize("format_", ["table", "csv", "json"])
def test_a_value_that_python_has_no_type_for_is_told(settings: Settings, format_: str) -> None:
    with pytest.raises(UsageError, match="cast it to VARCHAR"):
        query.run_sql(settings, "SELECT DATE '290000-01-01' AS d", format=format_)


def test_search_prints_hits_and_says_when_there_are_none(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    query.run_search(settings, ["cells"], limit=3)
    assert capsys.readouterr().out.count("\n    ") == 3
    query.run_search(settings, ["zzzz\u202ezzzz"])
    shown = capsys.readouterr().out
    assert shown == "Nothing holds zzzzzzzz. --everything looks out of scope too.\n"
    query.run_search(settings, ["cells"], limit=2, as_json=True)
    assert len(json.loads(capsys.readouterr().out)) == 2
    with pytest.raises(UsageError, match="Say what to look for"):
        query.run_search(settings, ["…"])


def test_columns_are_chosen_by_name_and_a_narrow_terminal_has_the_first_that_fit(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "chosen.csv"
    chosen = Choice(["n-trials,overall_status"])
    query.run_query(settings, "by_status", format="csv", out=out, choice=chosen)
    assert out.read_text("utf-8").splitlines()[0] == "n_trials,overall_status"
    with pytest.raises(UsageError, match=r"There is no column 'statsu'\. Nearest: overall_status"):
        query.run_query(settings, "by_status", choice=Choice(["statsu"]))
    monkeypatch.setattr(query, "PLAIN_WIDTH", 40)
    capsys.readouterr()
    query.run_query(settings, "trials")
    shown = capsys.readouterr().out
    assert "nct_id" in shown.splitlines()[1] and "brief_title" not in shown.splitlines()[1]
    assert "Not shown for want of room: " in " ".join(shown.split()) and "brief_title" in shown
    query.run_query(settings, "trials", choice=Choice(is_wide=True))
    assert "Not shown" not in capsys.readouterr().out


def test_columns_that_fit_are_taken_in_their_order_and_two_at_least() -> None:
    rows = [["NCT00000001", "x" * 500, "1"], ["NCT00000002", "short", "22"]]
    assert fitting(["nct_id", "title", "n"], rows, 80) == [0, 1, 2]
    assert fitting(["nct_id", "title", "n"], rows, 45) == [0, 1]
    assert fitting(["nct_id", "title", "n"], rows, 5) == [0, 1]


def test_words_that_name_something_are_also_listed_by_what_they_name(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    query.run_search(settings, ["systemic", "lupus", "erythematosus"])
    assert "`cartrials query trials --disease 'systemic lupus erythematosus'` lists" in capsys.readouterr().err
    query.run_search(settings, ["whatever"])
    assert "query trials" not in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"no NCT number; .* `cartrials query trials --sponsor Fabulon` lists"):
        show_trials(settings, ["Fabulon"], as_json=True)
