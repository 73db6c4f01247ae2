"""The ranker cannot reach what people say of who they are: by no name, by no import, by no column it reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from matching import explain, features, groups, need, structure
from models import Base, Fund, Partner, School
from tests.architecture.conftest import PACKAGES, ROOT
from tests.architecture.protected import STORES, about, findings, modules, names_in, reached, words

RANKING = ("scoring", "proposing", "explaining", "recall", "ranker", "planning", "relevance", "fitting")
"""The services that rank, plan and learn; with them everything of matching, and what fills the ranker's memory."""
MEMORY = ("matchmaker.index", "matchmaker.shelf", "matchmaker.vectors", "matchmaker.reembedding")
WIRING = ("matchmaker", "matchmaker.app")
"""Importing the package makes an application only when one is asked for, inside a function; see setup.cfg."""
NOT_OF_A_PERSON = {"age_days": "days since a request was settled"}

READ_OF_PARTNERS = frozenset({
    "id", "region_id", "revision", "about", "formats", "languages", "weekdays", "radius_miles", "joined_on", "online",
    "monthly_capacity", "reviewed_at", "paused_at", "merged_into_id", "clearance", "clearance_expires_on", "latitude",
    "longitude",
})  # fmt: skip
"""What the ranker's memory and the hard rules read. No name, no address, no telephone; the place gives a distance."""
READ_OF_SCHOOLS = frozenset({"id", "region_id", "poverty_value", "poverty_measure", "locale", "title_i"})
WHERE_READ = ("matchmaker/shelf.py", "matchmaker/index.py", "matchmaker/queries/roll.py",
              "matchmaker/queries/eligibility.py")  # fmt: skip
OF_WHOM = ("name", "email", "phone", "contact_name", "neighbourhood")
"""Columns of partners and schools that stand for who and where somebody is."""


@pytest.fixture(scope="module")
def known() -> dict[str, Path]:
    return modules(ROOT, PACKAGES)


@pytest.fixture(scope="module")
def ranker(known: dict[str, Path]) -> set[str]:
    """Everything that ranking and planning can reach."""
    starts = [name for name in known if name.split(".")[0] == "matching"]
    return reached(known, [*starts, *(f"matchmaker.services.{name}" for name in RANKING), *MEMORY], WIRING)


def test_no_name_within_the_rankers_reach_speaks_of_who_somebody_is(known: dict[str, Path], ranker: set[str]) -> None:
    found = [each for each in findings(known, ranker) if each.name not in NOT_OF_A_PERSON]
    assert found == []
    assert {"matching.need", "matching.equity", "models.partner", "matchmaker.queries.fairness"} <= ranker
    assert not [name for name in ranker if name.startswith("matchmaker.web")], "the reach is the ranker's, not all"


def test_no_table_or_column_speaks_of_who_somebody_is() -> None:
    tables = Base.metadata.tables.values()
    named = [table.name for table in tables] + [column.name for table in tables for column in table.columns]
    assert [name for name in named if about(name)] == []
    assert "poverty_value" in named


def test_no_signal_group_part_or_reason_speaks_of_who_somebody_is() -> None:
    named = [*features.SIGNAL_NAMES, *structure.FIT_NAMES, *explain.CODES, *groups.BOOST_GROUPS]
    named += need.need_parts(None, None, None)
    assert [name for name in named if about(name)] == []
    assert {"lexical", "distance", "practice", "poverty"} <= set(named)


def test_no_form_asks_who_somebody_is() -> None:
    forms = sorted((ROOT / "matchmaker" / "web").rglob("forms.py"))
    asked = {name for file in forms for name in names_in(file.read_text(encoding="utf-8"))}
    assert [name for name in asked if about(name)] == []
    assert {"monthly_capacity", "poverty_value"} <= asked


def test_what_is_read_of_partners_for_ranking_is_written_down_here() -> None:
    read = {name for file in WHERE_READ for name in attributes(ROOT / file, "Partner", "partner")}
    assert read <= READ_OF_PARTNERS, read - READ_OF_PARTNERS
    assert set(OF_WHOM).isdisjoint(READ_OF_PARTNERS) and set(OF_WHOM) <= columns(Partner)
    assert {"about", "radius_miles"} <= read
    assert set(OF_WHOM).isdisjoint(columns(Fund))


def test_need_is_read_from_documented_facts_alone() -> None:
    read = attributes(ROOT / "matchmaker/queries/fairness.py", "School", "school")
    assert read <= READ_OF_SCHOOLS, read - READ_OF_SCHOOLS
    assert {"poverty_value", "locale", "title_i"} <= read <= columns(School)


def columns(model: type) -> set[str]:
    return set(model.__table__.columns.keys())  # type: ignore[attr-defined]


def attributes(file: Path, *owners: str) -> set[str]:
    """What is taken from a model, or from a row of it under its usual name, among its columns."""
    taken = {
        node.attr
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in owners
    }
    return taken & (columns(Partner) | columns(School))


def written(root: Path, files: dict[str, str]) -> dict[str, Path]:
    """A made-up tree of modules: each file's path without its ending, and its source."""
    for name, source in files.items():
        file = root / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return modules(root, {name.split("/")[0] for name in files})


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("class Instance:\n    race: int\n", "race"),
        ("SIGNAL_NAMES = ('lexical', 'genero')\n", "genero"),
        ("def score(rho, partnerGender):\n    return rho\n", "partnerGender"),
        ("parts = {'fecha_nacimiento': 1}\n", "fecha_nacimiento"),
        ("parts['national_origin'] = 1\n", "national_origin"),
        ("def f(row):\n    return row.religion\n", "religion"),
        ("text('SELECT id, household_income FROM partner')\n", "household_income"),
        ("order(by='edad')\n", "edad"),
        ("class Partner:\n    género = mapped_column()\n", "género"),
    ],
)
def test_the_checker_finds_a_bad_name_in_a_made_up_module(tmp_path: Path, source: str, name: str) -> None:
    known = written(tmp_path, {"bad/ranking": source, "good/ranking": "class Instance:\n    relevance: float\n"})
    found = findings(known, known)
    assert [(each.module, each.name) for each in found] == [("bad.ranking", name)]


@pytest.mark.parametrize("inside", ["from stored import demographics\n", "import stored.demographics\n"])
@pytest.mark.parametrize("late", [False, True])
def test_the_checker_finds_a_store_that_a_ranking_module_reaches(tmp_path: Path, inside: str, late: bool) -> None:
    far = f"def weigh():\n    {inside}" if late else inside
    known = written(
        tmp_path,
        {
            "rank/score": "from rank.weigh import weigh\n",
            "rank/weigh": far,
            "stored/__init__": "",
            "stored/demographics": "class Answer:\n    text: str\n",
            "page/audit": "from stored import demographics\n",
        },
    )
    found = {each.module for each in findings(known, reached(known, ["rank.score"]))}
    assert found == {"rank.weigh", "stored.demographics"}
    assert "page.audit" not in reached(known, ["rank.score"])
    assert "stored.demographics" not in reached(known, ["rank.score"], but=("rank.weigh", "stored.demographics"))


def test_a_relative_import_is_followed(tmp_path: Path) -> None:
    known = written(
        tmp_path,
        {
            "rank/__init__": "",
            "rank/score": "from . import weigh\nfrom .deep.far import x\n",
            "rank/weigh": "",
            "rank/deep/__init__": "from ..census import y\n",
            "rank/deep/far": "",
            "rank/census": "",
        },
    )
    assert reached(known, ["rank.score"]) == set(known)


@pytest.mark.parametrize(
    "name",
    [
        "trace", "embrace", "average", "page_size", "usage", "message", "language", "languages", "comunidad", "grade",
        "unisex", "Essex", "sexto", "region", "origin", "orientation", "visits", "vistas", "poverty_value", "title_i",
        "students", "image", "coverage", "storage", "faithful", "ingresar", "agent", "hogareno",
    ],
)  # fmt: skip
def test_words_that_only_look_alike_are_no_findings(name: str) -> None:
    assert about(name) is None


def test_every_term_is_found_in_each_way_of_writing_a_name() -> None:
    assert words("fechaNacimiento") == ["fecha", "nacimiento"]
    assert words("Etnicidad_del_padre") == ["etnicidad", "del", "padre"]
    for name in ("partner_sex", "PartnerSex", "SEX", "sex_of_partner", "país_de_origen", "socialSecurity", *STORES):
        assert about(name), name
