"""How a text becomes words: folding, stop words and stems of English and Spanish, and which of the two it is in.

Many partners write in both languages within one text, so a language is guessed piece by piece (a sentence, a line).
A guess decides only which stemmer a word goes through and which of its forms the glossary takes for a trade.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import Stemmer

Language = Literal["en", "es"]

# Letters and digits with the marks that stand on them: a decomposed "e" + acute stays within its word.
_FORM = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_BREAK = re.compile(r"[.!?;:\n\u2026\u00bf\u00a1]+")
_KEPT_WORDS = 1 << 18

# Function words only. A word that names something in either language stays in (well, mine, sea, tales, bajo):
# where it is common, its rarity already keeps it small.
_ENGLISH = """
a about above after again against all almost also although always am among an and another any anyone
anything are aren around as at be became because become been before being below between both but by can
cannot could couldn did didn do does doesn doing don done down during each either else enough especially etc
even ever every everyone everything few for from further get gets getting give given go goes had hadn has
hasn have haven having he her here hers herself him himself his how however i if in indeed into is isn it its
itself just ll let like made make makes many may me might more moreover most much must my myself neither
never no nor not nothing now of off often on once one only onto or other others our ours ourselves out over
own per perhaps please put quite rather re really same see seem several shall she should shouldn since so
some someone something sometimes still such than that the their theirs them themselves then there therefore
these they this those though through thus to together too toward towards under until unto up upon us use
used using usually various ve very via was wasn we were weren what whatever when where whether which while
who whole whom whose why will with within without won would wouldn yes yet you your yours yourself
yourselves
"""
_SPANISH = """
algo alguien algun alguna algunas alguno algunos ahi alli ante antes aquel aquella aquellas aquello aquellos
aqui asi aun aunque bien cada casi como con contra cosa cosas cual cuales cualquier cuando cuanto de del
desde despues donde durante e el ella ellas ello ellos en entonces entre eramos eran eres es esa esas ese eso
esos esta estaba estaban estado estamos estan estar estas este esto estos estoy fue fueron fui fuimos ha
habia habian haber han has hasta haya he hecho hemos incluso la las le les lo los luego mas me mediante
menos mi mia mias mientras mio mios mis misma mismas mismo mismos mucha muchas mucho muchos muy nada nadie
ni ningun ninguna ninguno no nos nosotras nosotros nuestra nuestras nuestro nuestros nunca o os otra otras
otro otros para pero poca pocas poco pocos por porque pues que quien quienes se sean segun ser si sido
siempre siendo sin sino sobre sois somos soy su sus suya suyas suyo suyos tal tambien tampoco tan tanto te
tener tengo ti tiene tienen toda todas todavia todo todos tras tu tus tuya tuyo u un una unas uno unos usted
ustedes va vamos vez y ya yo
"""
# Endings that one of the two has and the other, but for a name or a loan, has not.
_SPANISH_END = ("cion", "ciones", "dad", "dades", "mente", "ando", "iendo", "illo", "illa", "eros", "eras", "amos")
_ENGLISH_END = ("ing", "tion", "tions", "ness", "ly", "ght", "sh", "ck", "ss", "ful", "ity", "ies", "wn", "lk", "ee")
_LONG_ENOUGH_FOR_AN_ENDING = 5


def fold(text: str) -> str:
    """Lower case without accents: "Mecánica" and "mecanica" are the same word."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


STOP_WORDS: frozenset[str] = frozenset(fold(_ENGLISH + _SPANISH).split())
_ENGLISH_ONLY = frozenset(_ENGLISH.split()) - frozenset(_SPANISH.split()) - {"mine"}
_SPANISH_ONLY = frozenset(_SPANISH.split()) - frozenset(_ENGLISH.split())

_ENGLISH_STEMMER = Stemmer.Stemmer("english", 0)
_SPANISH_STEMMER = Stemmer.Stemmer("spanish", 0)


def stem(word: str, language: Language | None = None) -> str:
    """The key a word is compared by: its Snowball stem, a final vowel left off.

    Without the vowel a Spanish word keeps its key in an English sentence ("tortilla" in either is "tortill"). What
    comes back is a key, not a word to show. A word of unknown language is stemmed as English.

    References
    ----------
    Porter, "An algorithm for suffix stripping" (1980), and its successors in Snowball, by way of PyStemmer.
    """
    if language == "es":
        return str(_SPANISH_STEMMER.stemWord(word))
    found = str(_ENGLISH_STEMMER.stemWord(word))
    return found[:-1] if len(found) > 4 and found[-1] in "aeo" else found


class Word(NamedTuple):
    """One word of a text.

    `vote` is 1 where the word itself speaks for Spanish, -1 for English. `english` and `spanish` are its keys in
    either, `singular` what the glossary knows it by. `carries` is False for function words and single letters.
    """

    form: str
    singular: str
    english: str
    spanish: str
    vote: int
    carries: bool

    def key(self, language: Language | None) -> str:
        """What the word is compared by in a text of that language."""
        return self.spanish if language == "es" else self.english


class _Words(dict[str, Word]):
    """Every word seen so far by its form, since a region says much with few words."""

    def __missing__(self, form: str) -> Word:
        if len(self) >= _KEPT_WORDS:
            self.clear()
        folded = fold(form)
        vote = _vote(form, folded)
        if len(folded) < 2 or folded in STOP_WORDS:
            word = Word(form, "", "", "", vote, False)
        else:
            word = Word(form, _singular(folded), stem(folded, "en"), stem(folded, "es"), vote, True)
        self[form] = word
        return word


_seen = _Words()


def _singular(word: str) -> str:
    """Take off a plural ending of either language; the glossary's forms lose the same, so a wrong guess is harmless."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ces"):
            return word[:-3] + "z"
        if word.endswith("ies"):
            return word[:-3] + "y"
        word = word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]
    # "machine" and "machines", "actividad" and "actividades": the vowel may belong to the word or to its plural.
    return word[:-1] if len(word) > 6 and word.endswith("e") else word


def _vote(form: str, folded: str) -> int:
    if folded in _SPANISH_ONLY:
        return 1
    if folded in _ENGLISH_ONLY:
        return -1
    if len(folded) < _LONG_ENOUGH_FOR_AN_ENDING:
        return int("\u00f1" in form)
    if form.casefold() != folded or folded.endswith(_SPANISH_END):
        return 1
    return -1 if folded.endswith(_ENGLISH_END) else 0


class Piece(NamedTuple):
    """A sentence or line: those of its words that carry meaning, all its words, and the language it seems to be in."""

    words: Sequence[Word]
    all_words: Sequence[Word]
    language: Language | None


@lru_cache(maxsize=16)  # the same text is asked for its terms, its language and its concepts in one go
def read(text: str) -> Sequence[Piece]:
    """Cut a text into pieces and guess the language of each; one that gives no sign takes that of the whole text.

    None is the language of a text without any sign, such as a single name. Pieces without a word that carries meaning
    are left out.
    """
    said = [[_seen[form] for form in _FORM.findall(part)] for part in _BREAK.split(text)]
    votes = [sum([word.vote for word in words]) for words in said]
    whole = _decide(sum(votes), None)
    pieces = [
        Piece([word for word in words if word.carries], words, _decide(vote, whole))
        for words, vote in zip(said, votes, strict=True)
    ]
    return [piece for piece in pieces if piece.words]


def _decide(votes: int, otherwise: Language | None) -> Language | None:
    if votes == 0:
        return otherwise
    return "es" if votes > 0 else "en"


def language_of(text: str) -> Language | None:
    """The language most of a text's words are in; None without a sign."""
    counts = {"en": 0, "es": 0}
    for piece in read(text):
        if piece.language:
            counts[piece.language] += len(piece.words)
    if counts["en"] == counts["es"]:
        return None
    return "es" if counts["es"] > counts["en"] else "en"
