"""How a text becomes words: folding, stop words of English and Spanish, and the words two texts share.

Both languages go through one analysis, since one region's partners write in either and many in both.
Nothing here needs more than the standard library, so explanations can be made without the lexical index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise

_WORD = re.compile(r"[^\W_]{2,}")
_LONG_PLURALS = ("ches", "shes", "xes", "sses", "zes", "dades", "ciones", "ores", "ales")
_POSSESSIVE = re.compile(r"['\u2019]s\b")

# Function words only. A word that names something in either language stays in (well, mine, sea, tales, bajo):
# where it is common, its rarity already keeps it small.
_ENGLISH = """
a about above after again against all almost also although always am among an and another any anyone
anything are aren around as at be became because become been before being below between both but by can
cannot could couldn did didn do does doesn doing don done down during each either else enough especially etc
even ever every everyone everything few for from further get gets getting give given go goes had hadn has
hasn have haven having he her here hers herself him himself his how however if in indeed into is isn it its
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
desde despues donde durante el ella ellas ello ellos en entonces entre eramos eran eres es esa esas ese eso
esos esta estaba estaban estado estamos estan estar estas este esto estos estoy fue fueron fui fuimos ha
habia habian haber han has hasta haya he hecho hemos incluso la las le les lo los luego mas me mediante
menos mi mia mias mientras mio mios mis misma mismas mismo mismos mucha muchas mucho muchos muy nada nadie
ni ningun ninguna ninguno no nos nosotras nosotros nuestra nuestras nuestro nuestros nunca o os otra otras
otro otros para pero poca pocas poco pocos por porque pues que quien quienes se sean segun ser si sido
siempre siendo sin sino sobre sois somos soy su sus suya suyas suyo suyos tal tambien tampoco tan tanto te
tener tengo ti tiene tienen toda todas todavia todo todos tras tu tus tuya tuyo un una unas uno unos usted
ustedes va vamos vez y ya yo
"""


def fold(text: str) -> str:
    """Lower case without accents: "Mecánica" and "mecanica" are the same word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


STOP_WORDS: frozenset[str] = frozenset(fold(_ENGLISH + _SPANISH).split())


def stem(word: str) -> str:
    """Take off a plural ending of English or Spanish, so that "circuits" meets "circuit".

    Deliberately light: it never touches verbs or short words, and what it returns is a key to compare by,
    not a word to show.
    """
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(_LONG_PLURALS):
        return word[:-2]
    return word[:-1]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Pairs (key, surface form) of the words that carry meaning, in order."""
    for found in _WORD.finditer(_POSSESSIVE.sub("", text)):
        folded = fold(found.group())
        if folded not in STOP_WORDS:
            yield stem(folded), found.group()


def terms(text: str) -> list[str]:
    """Keys of the single words of a text, then of its neighbouring pairs; the lexical index counts these."""
    words = [key for key, _ in _tokens(text)]
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def shared_words(
    request_text: str, other_text: str, weight: Callable[[str], float] | None = None, limit: int = 4
) -> tuple[str, ...]:
    """The words both texts hold, as the second writes them, the most telling first.

    Parameters
    ----------
    request_text, other_text
        Any texts; neither needs to be clean.
    weight
        How telling a key is, usually `LexicalIndex.rarity`; without it, longer words come first.
    limit
        At most this many words.
    """
    wanted = {key for key, _ in _tokens(request_text)}
    surface: dict[str, str] = {}
    for key, form in _tokens(other_text):
        if key in wanted and not key.isdigit():
            surface.setdefault(key, form.lower())
    telling = weight or (lambda key: float(len(key)))
    ordered = sorted(surface, key=lambda key: -telling(key))
    return tuple(surface[key] for key in ordered[:limit])
