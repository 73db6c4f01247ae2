"""`scripts/evaluate`: real files, the bundled model, and every way a set can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchmaker.evaluation.__main__ import main
from matchmaker.evaluation.files import BadSet, read_set

REQUESTS = [
    {"id": "r1", "text": "How does an old radio work?", "zip": "85701"},
    {"id": "r2", "text": "Why does bread rise?"},
    {"id": "r3", "text": "What lives in the desert wash after rain?"},
]
PARTNERS = [
    {"id": "p1", "funds": ["I bake sourdough every night.", "I restore tube radios."], "name": "Never read"},
    {"id": "p2", "text": "Our family walks the arroyo after storms to count toads and tadpoles."},
    {"id": "p3", "text": "Notary and interpreter."},
]
QRELS = "request_id\tpartner_id\trelevance\nr1\tp1\t1\nr2\tp1\t1\nr3\tp2\t2\nr3\tp1\t0\n"


def rows(values: list[dict[str, object]]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.fixture
def judged_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "requests.jsonl").write_text(rows(REQUESTS))
    (folder / "partners.jsonl").write_text(rows(PARTNERS))
    (folder / "qrels.tsv").write_text(QRELS)
    return folder


def test_a_set_is_ranked_measured_and_written(
    judged_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run.jsonl"
    assert main([str(judged_set), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["requests"], found["partners"], found["judged"]) == (3, 3, 3)
    assert found["systems"]["production"]["measures"]["ndcg@10"]["mean"] == 1.0
    assert set(found["systems"]) == {"tf-idf", "bm25", "embedding", "fusion", "production"}
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["request_id"] for line in lines] == ["r1", "r2", "r3"]
    for line in lines:
        assert set(line["partners"]) == {"p1", "p2", "p3"}
        assert line["scores"] == sorted(line["scores"], reverse=True)
        assert 0 < line["scores"][-1] <= line["scores"][0] < 1
    assert not list(tmp_path.glob("*.part"))


def test_only_ids_texts_and_funds_are_read(judged_set: Path) -> None:
    found = read_set(judged_set)
    assert found.request_texts[0] == REQUESTS[0]["text"]
    assert "Never read" not in repr(found) and "85701" not in repr(found)
    assert found.profiles[0].funds == ("I bake sourdough every night.", "I restore tube radios.")
    assert found.profiles[1].funds == (PARTNERS[1]["text"],)
    assert found.judgements == {"r1": {"p1": 1}, "r2": {"p1": 1}, "r3": {"p2": 2}}


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("requests.jsonl", "{", "requests.jsonl, line 1: not valid JSON"),
        ("requests.jsonl", "[1]\n", "line 1: not a JSON object"),
        ("requests.jsonl", '{"text": "x"}\n', "line 1: id is missing or not a text"),
        ("requests.jsonl", '{"id": "a", "text": "x"}\n\n{"id": "a", "text": "y"}\n', "line 3: id 'a' is there twice"),
        ("requests.jsonl", '{"id": "a"}\n', "line 1: text is missing or not a text"),
        ("requests.jsonl", "", "requests.jsonl is empty"),
        ("requests.jsonl", "[" * 100_000, "line 1: "),
        ("partners.jsonl", '{"id": "a"}\n', "line 1: neither text nor funds"),
        ("partners.jsonl", '{"id": "a", "funds": [1]}\n', "line 1: funds is not a list of texts"),
        ("qrels.tsv", "r1 p1 1\nr1 p1 1\n", "line 2: not three columns divided by tabs"),
        ("qrels.tsv", "h\th\th\nr1\tp1\t-1\n", "line 2: relevance '-1' is not a whole number"),
        ("qrels.tsv", "h\th\th\nr1\tp1\t999999\n", "line 2: relevance '999999' is not a whole number"),
        ("qrels.tsv", "h\th\th\nr9\tp1\t1\n", "line 2: request 'r9' is not in requests.jsonl"),
        ("qrels.tsv", "h\th\th\nr1\tp9\t1\n", "line 2: partner 'p9' is not in partners.jsonl"),
        ("qrels.tsv", "h\th\th\nr1\tp1\t1\nr1\tp1\t1\n", "line 3: request 'r1' and partner 'p1' are judged twice"),
        ("qrels.tsv", "h\th\th\nr1\tp1\t0\n", "no request has a relevant partner"),
    ],
)
def test_a_bad_row_is_named(judged_set: Path, file: str, content: str, complaint: str) -> None:
    (judged_set / file).write_text(content)
    with pytest.raises(BadSet) as caught:
        read_set(judged_set)
    assert complaint in "\n".join(caught.value.problems)


def test_a_file_that_is_no_text_is_named(judged_set: Path) -> None:
    (judged_set / "partners.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSet, match=r"partners\.jsonl is not UTF-8 text"):
        read_set(judged_set)


@pytest.mark.parametrize("missing", ["requests.jsonl", "partners.jsonl", "qrels.tsv"])
def test_a_missing_file_ends_the_command_with_one_line_about_it(
    judged_set: Path, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged_set / missing).unlink()
    assert main([str(judged_set)]) == 2
    assert f"{missing} is missing" in capsys.readouterr().err.splitlines()[0]


def test_a_missing_folder_a_bad_output_and_a_bad_model_end_with_one_line(
    judged_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, complaint in [
        ([str(tmp_path / "nowhere")], "is not a folder"),
        ([str(judged_set), "--out", str(tmp_path / "no" / "run.jsonl")], "cannot be written"),
        ([str(judged_set), "--model", str(tmp_path / "no-model")], "cannot be loaded"),
    ]:
        assert main(arguments) == 2
        said = capsys.readouterr().err.splitlines()
        assert complaint in said[-1]
        assert said[-1].startswith("evaluate: ")


# What is asked for at least; .645, .555 and .305 are measured.
@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "floor"),
    [
        ("youth_programs", 0.64),
        pytest.param("fields_to_occupations", 0.55, marks=pytest.mark.sweep),
        pytest.param("activities_to_occupations", 0.30, marks=pytest.mark.sweep),
    ],
)
def test_a_public_set_is_ranked_as_well_as_before(
    shared_data: Path, name: str, floor: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(shared_data / name), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["systems"]
    production = found["production"]["measures"]["ndcg@10"]["mean"]
    assert production >= floor
    assert all(production >= each["measures"]["ndcg@10"]["mean"] for each in found.values())


def test_a_share_of_the_youth_programs_is_ranked_better_than_by_either_baseline(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The small version of the test above: every twelfth request, every sixth partner and those who ran them."""
    source = shared_data / "youth_programs"
    requests = (source / "requests.jsonl").read_text().splitlines()[::12]
    asked = {json.loads(line)["id"] for line in requests}
    header, *judged = (source / "qrels.tsv").read_text().splitlines()
    qrels = [row for row in judged if row.split("\t")[0] in asked]
    ran = {row.split("\t")[1] for row in qrels}
    partners = [
        line
        for place, line in enumerate((source / "partners.jsonl").read_text().splitlines())
        if place % 6 == 0 or json.loads(line)["id"] in ran
    ]
    for name, lines in [("requests.jsonl", requests), ("partners.jsonl", partners), ("qrels.tsv", [header, *qrels])]:
        (tmp_path / name).write_text("\n".join(lines))
    assert main([str(tmp_path), "--json"]) == 0
    means = {
        name: system["measures"]["ndcg@10"]["mean"]
        for name, system in json.loads(capsys.readouterr().out)["systems"].items()
    }
    assert means["production"] > max(means["tf-idf"], means["embedding"]) + 0.03
