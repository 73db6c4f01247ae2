"""What careless and crafty texts do to a ranking: numbers, never a crash, and no place won by quantity or repetition.

Vectors are hashed words and parts of words: real numbers that follow the text, without a model.
"""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from matching.explain import CODES, Texts, confidence, reasons
from matching.features import read_corpus, signals
from matching.quotes import Asked, evidence, few_words
from matching.reading import Profile, whole_text
from matching.score import Relevance, relevance
from matching.words import fold
from matchmaker.embedding import Encoder

Floats = NDArray[np.float32]
Read = Callable[[Sequence[str]], Floats]
DIMENSION = 384

NETWORK: dict[str, Profile] = {
    "water": Profile(
        "I have lived beside the arroyo for forty years.",
        (
            "Reading a wash. I walk the arroyo with a class after a storm and show how the flood moved, why it comes "
            "so fast from paved streets, and where the water will go next time.",
            "Rain gardens. We dig basins and cut curbs so that the rain stays with the trees.",
        ),
    ),
    "radio": Profile(
        "Retired from the telephone company.",
        (
            "Mending tube radios. I open an old radio on the table and follow the circuit with the students, from "
            "the battery to the speaker, until it speaks again.",
            "Soldering without burning yourself, and how to find a broken wire with a lamp.",
        ),
    ),
    "bread": Profile(
        "I bake at night and sell in the morning.",
        (
            "Yeast, heat and patience. We bake sourdough and watch what the yeast does; the class measures flour and "
            "learns why a warm dough rises faster.",
            "Running a small bakery: what a loaf costs and who pays for it.",
        ),
    ),
    "mural": Profile(
        "Painter of walls.",
        (
            "From a sketch to a wall. I bring the grid that makes a small drawing big, and the students paint their "
            "street on the side of the school.",
            "Mixing color from earth the way my grandmother did.",
        ),
    ),
    "law": Profile(
        "Public defender.",
        (
            "A mock trial in one period. Students argue both sides of a case, question a witness, and a jury decides.",
            "What your rights are when somebody stops you on the street.",
        ),
    ),
    "bees": Profile(
        "Beekeeper on two roofs.",
        (
            "A hive in a glass box. The class finds the queen, sees the dance, and tastes the honey of three flowers.",
            "Why desert flowers open at night and who visits them.",
        ),
    ),
    "salud": Profile(
        "Enfermera de la clínica del barrio.",
        (
            "Qué hace el corazón cuando corremos. Medimos el pulso antes y después, y hablamos de la presión.",
            "Primeros auxilios con lo que hay en casa, sin miedo y sin prisa.",
        ),
    ),
    "loom": Profile(
        "Weaver.",
        (
            "A backstrap loom between a tree and your hips. Patterns are counted, so we do arithmetic with thread.",
            "Dyeing wool with plants that grow along the road.",
        ),
    ),
    "stars": Profile(
        "Night guide at the observatory.",
        (
            "The sky from the schoolyard. We look at the moon with a small telescope and draw its shadows.",
            "How far the planets are, walked on the playground with a ball for the sun.",
        ),
    ),
    "bridge": Profile(
        "Bridge inspector for the county.",
        (
            "What holds a bridge up. I bring photographs of cracks, and students load their own model until it breaks.",
            "How engineers decide that a road must close.",
        ),
    ),
}
TRUE: dict[str, str] = {
    "water": "Why does our arroyo flood so fast? We want somebody to walk the wash with us after a storm and show us "
    "where the water comes from.",
    "radio": "Circuits you can hear. My students build a simple circuit and want to see an old radio mended.",
    "bread": "Chemistry in the kitchen. What does yeast do when dough is warm? We would like to bake bread together.",
    "mural": "A mural about our street. We have a wall, and need a painter who can make a small sketch big.",
    "law": "Our first mock trial. We need somebody who can teach students to question a witness before a jury.",
    "bees": "How do bees find a flower? The class would love to see a hive and its queen up close.",
    "loom": "Weaving and counting. We want to set up a loom and find the arithmetic in its patterns.",
    "stars": "Shadows on the moon. Could somebody bring a telescope and look at the night sky with us?",
    "bridge": "Bridges that break. Students load models and want an engineer to say why they cracked.",
}
SUBJECTS = (
    "science math reading writing history civics arts music dance technology design cooking gardening weaving "
    "painting law trial jury bees honey flowers moon stars telescope bridges engineering radio circuits electricity "
    "water flood storm arroyo bread yeast chemistry health heart biology physics geography Spanish English"
)
MUTE = ["", "   ", "\x00\x00", "🎸🎸🎸", "!?.,;", "\u200b\u200d", "\n\n\n"]
LOUD = ["x" * 50_000, "word " * 10_000, "The arroyo floods, and we walk it. " * 1_450, "🎸 radio " * 6_000]
FOREIGN = [
    "我修理老收音机, 并教学生看电路。",
    "Я чиню старые радиоприёмники.",
    "أصلح أجهزة الراديو القديمة",
    "Reparo radios viejos, the tube kind, y les enseño a los students el circuito.",
]


@cache
def _direction(part: str) -> Floats:
    return np.random.default_rng(zlib.crc32(part.encode("utf-8", "replace"))).normal(size=DIMENSION).astype(np.float32)


def _parts(text: str) -> Iterator[str]:
    """Words, and their beginnings, so that kindred words are near; a model reads no more than so many either."""
    for word in fold(text[:8000]).split()[:200]:
        plain = "".join(filter(str.isalnum, word))
        if plain:
            yield from (plain, plain[:4])


def hashed(texts: Sequence[str]) -> Floats:
    """Vectors of length 1 from what each text is made of; zero where it holds no letter and no digit."""
    return np.stack([_vector(text) for text in texts]) if texts else np.zeros((0, DIMENSION), dtype=np.float32)


@cache
def _vector(text: str) -> Floats:
    vector = np.zeros(DIMENSION, dtype=np.float32)
    # As a model does, tire of what is repeated: the tenth time tells little more than the first.
    for part, count in Counter(_parts(text)).items():
        vector += (1.0 + np.log(count)) * _direction(part) * min(len(part), 8) / 8
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


def ranked(profiles: Sequence[Profile], request: str, read: Read = hashed) -> Relevance:
    corpus = read_corpus(profiles, read)
    return relevance(corpus, signals(corpus, read([request])[0], request))


def places(found: Relevance) -> NDArray[np.int64]:
    """The place of each partner, from 1; equals share the better one."""
    return np.asarray([1 + int(np.sum(found.combined > each)) for each in found.combined])


def network(**changed: Profile) -> list[Profile]:
    return list({**NETWORK, **changed}.values())


NAMES = list(NETWORK)


@pytest.mark.parametrize("text", [*MUTE, *LOUD, *FOREIGN], ids=lambda text: f"{len(text)}:{text[:6]!r}")
def test_any_text_on_either_side_gives_an_order_and_reasons(text: str) -> None:
    began = time.perf_counter()
    for profiles, request in (
        (network(law=Profile(text, (text,))), TRUE["radio"]),
        (network(law=Profile("", (text, text))), text),
        ([Profile(text, ())], text),
    ):
        found = ranked(profiles, request)
        assert np.isfinite(found.combined).all() and ((found.rho > 0) & (found.rho < 1)).all()
        asked, thin = Asked.of(request[:200], request), few_words(request, 4)
        for partner, profile in enumerate(profiles):
            own = whole_text(profile)
            texts = Texts(evidence(asked, own), "", "en", "en", few_words(own, 4), thin)
            said = [reason.code for reason in reasons(partner, found, texts)]
            assert set(said) <= set(CODES) and said
    assert time.perf_counter() - began < 10.0, "bounded, on a busy machine too"


@pytest.mark.parametrize("text", MUTE, ids=repr)
def test_who_has_written_nothing_wins_nothing(text: str) -> None:
    for name, request in TRUE.items():
        found = ranked(network(law=Profile(text, (text,))), request)
        if name != "law":
            assert places(found)[NAMES.index(name)] == 1
            assert found.rho[NAMES.index("law")] <= np.median(found.rho) + 0.02


@pytest.mark.parametrize("request_text", MUTE, ids=repr)
def test_a_request_without_words_prefers_nobody(request_text: str) -> None:
    found = ranked(network(), request_text)
    assert np.ptp(found.rho) < 0.01
    assert confidence(float(found.rho[0]), ["thin_request"]) == "little_to_go_on"


def test_a_very_long_text_is_found_wherever_it_speaks_of_the_matter() -> None:
    noise = "We had coffee and talked about nothing in particular that day. " * 400
    buried = Profile("", (noise + NETWORK["radio"].funds[0] + noise,))
    assert places(ranked(network(radio=buried), TRUE["radio"]))[NAMES.index("radio")] <= len(NAMES) / 2


def test_a_language_that_nobody_else_writes_is_no_advantage() -> None:
    for text in FOREIGN[:3]:
        for name, request in TRUE.items():
            found = ranked(network(salud=Profile(text, (text,))), request)
            assert places(found)[NAMES.index(name)] == 1


def test_a_text_in_two_languages_is_read_in_both() -> None:
    mixed = Profile("", (FOREIGN[3],))
    for request in (TRUE["radio"], "Circuitos: queremos ver cómo se reparan los radios viejos."):
        assert places(ranked(network(radio=mixed), request))[NAMES.index("radio")] == 1


def test_who_asks_finds_whom_a_coordinator_would_have_picked() -> None:
    for name, request in TRUE.items():
        assert places(ranked(network(), request))[NAMES.index(name)] == 1


def test_forty_funds_do_not_win_by_number() -> None:
    topics = SUBJECTS.split()
    many = Profile("I do a bit of everything.", tuple(f"I like to talk with a class about {one}." for one in topics))
    assert len(many.funds) >= 40
    for name, request in TRUE.items():
        if name != "law":
            assert places(ranked(network(law=many), request))[NAMES.index(name)] == 1


@pytest.mark.parametrize("copies", [2, 3, 10, 40])
def test_the_same_fund_again_says_nothing_new(copies: int) -> None:
    for name, request in TRUE.items():
        once, again = network(), network(law=Profile(NETWORK["law"].about, NETWORK["law"].funds * copies))
        before, after = places(ranked(once, request)), places(ranked(again, request))
        place = NAMES.index("law")
        assert after[place] >= before[place] - 1
        assert name == "law" or after[NAMES.index(name)] == 1


def repeated(request: str) -> str:
    """The words of a request that carry meaning, fifty times over."""
    return " ".join(sorted({word.strip(".,?") for word in request.split() if len(word) > 3})) * 50


STUFFING: dict[str, Callable[[Profile, str], Profile]] = {
    "a list of every subject, as one more fund": lambda own, _: Profile(own.about, (*own.funds, SUBJECTS)),
    "a list of every subject, and nothing else": lambda own, _: Profile("", (SUBJECTS,)),
    "that list twenty times": lambda own, _: Profile(f"{SUBJECTS} " * 20, (f"{SUBJECTS} " * 20,)),
    "the request's words fifty times, as one more fund": lambda own, asked: Profile(
        own.about, (*own.funds, repeated(asked))
    ),
    "the request's words fifty times, and nothing else": lambda own, asked: Profile("", (repeated(asked),)),
    "one word of the request, and nothing else": lambda own, asked: Profile(
        "", (max(asked.partition(".")[0].split(), key=len),)
    ),
}
STUFFERS = ("law", "salud")
"""Who stuffs: neither knows anything of what the requests below ask for."""


def stuffed(change: Callable[[Profile, str], Profile], asked: dict[str, str], read: Read) -> tuple[list[int], int]:
    """Places won by stuffing in each request, and how often it came before whom a coordinator would have picked."""
    won, before = [], 0
    for name, request in asked.items():
        honest = places(ranked(network(), request, read))
        for stuffer in STUFFERS:
            if stuffer == name:
                continue
            found = places(ranked(network(**{stuffer: change(NETWORK[stuffer], request)}), request, read))
            won.append(int(honest[NAMES.index(stuffer)] - found[NAMES.index(stuffer)]))
            before += int(found[NAMES.index(stuffer)] < found[NAMES.index(name)])
    return won, before


MOST_WON: dict[str, float] = {
    "a list of every subject, as one more fund": 1.5,
    "a list of every subject, and nothing else": 1.5,
    "that list twenty times": 1.5,
    "the request's words fifty times, as one more fund": 1.5,
    "the request's words fifty times, and nothing else": 1.5,
    "one word of the request, and nothing else": 5.0,
}
"""Of nine places. Whoever says nothing but the one word that was asked for is near, though never the first."""


@pytest.mark.parametrize("how", STUFFING)
def test_stuffing_wins_few_places_and_never_the_first(how: str, record_property: Callable[[str, float], None]) -> None:
    won, before = stuffed(STUFFING[how], TRUE, hashed)
    record_property("places won on average", float(np.mean(won)))
    print(f"{how}: {np.mean(won):+.1f} of {len(NAMES) - 1} places on average, {before} of {len(won)} times ahead")
    assert before == 0
    assert np.mean(won) <= MOST_WON[how]


@pytest.fixture(scope="module")
def real() -> Read:
    """The bundled model, each text read once."""
    encoder, seen = Encoder(), {}  # type: tuple[Encoder, dict[str, Floats]]

    def read(texts: Sequence[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in seen]
        seen.update(zip(new, encoder.encode(new), strict=True))
        return np.stack([seen[text] for text in texts]) if texts else np.zeros((0, encoder.dimension), np.float32)

    return read


SOME = {name: TRUE[name] for name in ("radio", "bread", "stars")}


@pytest.mark.full
@pytest.mark.parametrize("how", STUFFING)
def test_with_the_model_stuffing_never_wins_the_first_place(how: str, real: Read) -> None:
    won, before = stuffed(STUFFING[how], TRUE, real)
    print(f"{how}: {np.mean(won):+.1f} of {len(NAMES) - 1} places on average, {before} of {len(won)} times ahead")
    assert before == 0


@pytest.mark.full
def test_with_the_model_careless_texts_change_nobody_s_place(real: Read) -> None:
    careless = [*MUTE[:4], LOUD[0], FOREIGN[0]]
    for name, request in SOME.items():
        for text in careless:
            found = ranked(network(law=Profile(text, (text,))), request, real)
            assert np.isfinite(found.rho).all()
            assert places(found)[NAMES.index(name)] == 1
    spanish = ranked(network(), "El pulso: queremos que una enfermera nos ayude a medir el corazón.", real)
    assert places(spanish)[NAMES.index("salud")] == 1
