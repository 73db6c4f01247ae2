from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matching.glossary import bundled, in_english, parse, reads_spanish
from matching.language import read
from matching.words import single_terms

BILINGUAL = Path(__file__).parents[1] / "data" / "bilingual"


def concepts(text: str) -> list[str]:
    glossary = bundled()
    return [mention.concept for piece in read(text) for mention in glossary.mentions(piece)]


@pytest.mark.parametrize(
    ("spanish", "english", "concept"),
    [
        ("Doy un taller de soldadura para los jóvenes", "I weld gates with my students", "welding"),
        ("Mi tia era partera en el rancho", "She has been a midwife for years", "midwife"),
        ("Los quebrados con tortillas", "They are lost with fractions", "fractions"),
        ("Aprendí la herrería de mi padre", "He is a blacksmith from the valley", "blacksmithing"),
        ("Hago vidrio soplado en mi casa", "We do glass blowing in the yard", "glass blowing"),
        ("Limpiamos la acequia cada año", "They clean the ditch every spring", "acequia"),
        ("La clase de ciencias naturales", "A unit on natural sciences", "natural sciences"),
    ],
)
def test_both_languages_name_a_concept(spanish: str, english: str, concept: str) -> None:
    assert concept in concepts(spanish)
    assert concept in concepts(english) or set(single_terms(spanish)) & set(single_terms(english))


def test_accents_and_number_do_not_matter() -> None:
    assert concepts("los electricistas y los músicos de aquí") == concepts("el electricista y el musico de aqui")


@pytest.mark.parametrize(
    "text",
    [
        "We once put the red pan on sale.",
        "Come as you are, and pay the taller man.",
        "She called the mayor on the main street by the plain door.",
        "The actual fin of a shark, drawn with ten dice.",
        "He mates chess pieces on the box with a sable coat and a come back.",
        "Grand Ave is closed for the tuna festival at the casa.",
    ],
)
def test_an_english_text_mentions_nothing_by_a_word_that_is_spanish_too(text: str) -> None:
    own = {concept for concept in concepts(text) if not _said_in_english(concept)}
    assert own == set()


def _said_in_english(concept: str) -> bool:
    return concept in {"red color", "box", "street", "chess", "festival", "drawing", "man", "pay", "door"}


@pytest.mark.parametrize(
    ("spanish", "concept"),
    [
        ("Hago pan con mis hijas", "bread"),
        ("Tengo un taller en la casa", "workshop"),
        ("Entreno box con ellos", "boxing"),
    ],
)
def test_a_word_that_both_languages_write_counts_in_its_own(spanish: str, concept: str) -> None:
    assert concept in concepts(spanish)


def test_the_longest_form_is_taken_and_no_word_twice() -> None:
    glossary = parse(["bread\tpan", "sweet bread\tpan dulce", "candy\tdulce"])
    (piece,) = read("Vendo pan dulce con mi abuela")
    assert [mention.concept for mention in glossary.mentions(piece)] == ["sweet bread"]


def test_a_stem_too_short_or_shared_names_nothing() -> None:
    glossary = parse(["welding\tsoldar", "student\testudiante", "study\testudio"])
    found = [
        mention.concept
        for piece in read("Los soldados de mi pueblo y los estudiantiles")
        for mention in glossary.mentions(piece)
    ]
    assert "welding" not in found
    assert "student" not in found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("welding", "one tab"),
        ("welding\t ", "one tab"),
        ("welding\tsoldadura\tforja", "one tab"),
        ("the\tsoldadura", "'the' is no word"),
        ("iron\tforja", "'forja' is no word, or stands in another line too"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"glossary line 4: .*{said}"):
        parse(["# trades", "", "blacksmithing\tforja", line])


def test_every_line_of_the_glossary_can_be_read() -> None:
    lines = files("matching").joinpath("glossary.tsv").read_text(encoding="utf-8").splitlines()
    assert len(parse(lines).names) == len([line for line in lines if line and not line.startswith("#")])


def test_an_english_text_stays_as_it_is_for_the_model() -> None:
    text = "I weld gates; my nana taught me.\nAsk for the shop!"
    assert in_english(text) == text


def test_a_spanish_text_is_said_in_english_as_far_as_it_is_known() -> None:
    assert in_english("Enseño soldadura y herrería con Zacarías.") == "teacher welding blacksmithing Zacarías"


def test_only_the_spanish_pieces_of_a_mixed_text_change() -> None:
    said = in_english("I have a shop on the south side. Hago soldadura con los muchachos.")
    assert said == "I have a shop on the south side. Hago welding young people"


def test_a_model_is_asked_whether_it_reads_spanish() -> None:
    names = dict(bundled().names)
    to_spanish = {spanish: english for english, spanish in names.items()}

    def place(texts: Sequence[str]) -> NDArray[np.float32]:
        """A vector for each text by its letters alone: of no use between languages."""
        rows = [np.random.default_rng(list(text.encode())).normal(size=64) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)

    assert not reads_spanish(place)
    assert reads_spanish(lambda texts: place([to_spanish.get(text, text) for text in texts]))


def judged(folder: str) -> set[tuple[str, str, str]]:
    with (BILINGUAL / folder / "qrels.tsv").open(encoding="utf-8") as rows:
        return {
            (row["request_id"], row["partner_id"], row["relevance"]) for row in csv.DictReader(rows, delimiter="\t")
        }


def test_the_parts_of_the_bilingual_set_are_parts_of_it() -> None:
    cross = judged("es_to_en") | judged("en_to_es")
    assert cross == judged("cross")
    assert cross | judged("same") | judged("mixed") <= judged("")


def test_most_requests_share_a_concept_with_who_is_asked_for_in_the_other_language() -> None:
    texts = {}
    for name in ("requests", "partners"):
        for line in (BILINGUAL / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts[row["id"]] = " ".join(row.get("funds", [row.get("text", "")]))
    wanted = [(texts[request], texts[partner]) for request, partner, grade in judged("cross") if grade == "2"]
    shared = [set(concepts(request)) & set(concepts(partner)) for request, partner in wanted]
    assert len(wanted) == 60
    assert sum(map(bool, shared)) >= 54
