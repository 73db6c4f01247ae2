"""The words that spreadsheets use for our codes, in English and Spanish. The first word of each language is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from models import LOCALES


@dataclass(frozen=True)
class Words:
    """The words for each code: English, Spanish, and others that people write."""

    of: Mapping[str, tuple[str, str, str]]

    def write(self, code: str, language: str) -> str:
        """The word for a code; the code itself where none is known."""
        words = self.of.get(code)
        return code if words is None else words[1] if language == "es" else words[0]

    def read(self, word: str) -> str | None:
        """The code of a word, however it is written; None for a word that is none of these."""
        return self._codes.get(folded(word))

    @cached_property
    def _codes(self) -> dict[str, str]:
        codes = {}
        for code, (english, spanish, others) in self.of.items():
            for word in (*others.split("|"), spanish, english, code):
                if word:
                    codes[folded(word)] = code
        return codes


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """A text as it is compared: small letters without accents, words and figures with single blanks between."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", bare.replace("_", " ")))


SUBJECTS = Words(
    {
        "science": ("science", "ciencias", "sciences|biology|chemistry|physics|stem|biologia|quimica|fisica|ciencia"),
        "math": ("math", "matemáticas", "mathematics|maths|algebra|geometry|geometria|matematica"),
        "language_arts": (
            "language arts", "lengua y literatura", "ela|english|english language arts|reading|writing|literature"
            "|espanol|lectura|escritura|literatura|artes del lenguaje",
        ),
        "social_studies": (
            "social studies", "estudios sociales", "history|geography|social science|historia|geografia",
        ),
        "civics": ("civics", "formación cívica", "government|civica|civismo|civica y etica|gobierno"),
        "arts": ("visual arts", "artes visuales", "art|arts|arte|artes"),
        "music": ("music and dance", "música y danza", "music|dance|musica|danza|baile|choir|band"),
        "technology": ("technology", "tecnología", "technology and design|computer science|coding|design|computacion"),
        "cte": (
            "career and technical", "formación técnica", "career and technical education|vocational|career|tecnica",
        ),
        "world_languages": (
            "world languages", "lenguas del mundo", "foreign languages|languages|idiomas|lenguas|spanish",
        ),
        "health_pe": (
            "health and movement", "salud y movimiento", "health|pe|physical education|salud|educacion fisica",
        ),
        "elementary": (
            "elementary, all subjects", "primaria, todas las materias", "elementary|all subjects|todas las materias"
            "|primaria",
        ),
    }
)  # fmt: skip
FORMATS = Words(
    {
        "visit": ("visit", "visita", "class visit|one visit|guest speaker|speaker|talk|in person visit|platica|charla"),
        "series": ("series", "serie", "several visits|project|mentor|mentoring|varias visitas|proyecto"),
        "host": ("host", "recibir al grupo", "field trip|host the class|site visit|recibe|excursion|anfitrion"),
        "advise": ("advise", "asesorar", "advice|consult|consulting|asesoria|consejo"),
    }
)
SHARING = Words(
    {
        "no_recording": ("no recording", "sin grabar", "no photos|no recording or photos|sin fotos|no grabar"),
        "in_season": ("in season", "en temporada", "only in a season|seasonal|solo en temporada"),
        "in_person": ("in person", "en persona", "in person only|solo en persona"),
    }
)
LANGUAGES = Words(
    {
        "en": ("English", "inglés", "eng|ingles"),
        "es": ("Spanish", "español", "espanol|castellano|spa"),
        "ood": ("O\u2019odham", "o\u2019odham", "oodham|o odham|tohono o odham|pima"),
        "yaq": ("Yaqui", "yaqui", "yoeme"),
        "nv": ("Navajo", "navajo", "dine"),
        "ar": ("Arabic", "árabe", ""),
        "vi": ("Vietnamese", "vietnamita", ""),
        "so": ("Somali", "somalí", ""),
        "zh": ("Chinese", "chino", "mandarin|cantonese"),
        "fr": ("French", "francés", ""),
        "ase": ("American Sign Language", "lengua de señas americana", "asl|sign language|lengua de senas"),
    }
)
WRITTEN = Words({code: LANGUAGES.of[code] for code in ("en", "es")})
KINDS = Words(
    {
        "person": ("person", "persona", "individual|somebody"),
        "organisation": (
            "organization", "organización", "organisation|business|shop|group|company|negocio|empresa|grupo",
        ),
    }
)  # fmt: skip
KNOWN_FROM = Words(
    {
        "practice": ("practice", "práctica", "lived|experience|doing it|from living|vivencia|experiencia|oficio"),
        "credentialed": ("credentialed", "con título", "degree|training|license|certified|titulo|estudios|certificado"),
    }
)
CLEARANCE = Words(
    {
        "cleared": (
            "in order", "en regla", "cleared|clear|valid|current|active|approved|yes|ok|vigente|aprobada|si|autorizada",
        ),
        "in_process": ("in process", "en trámite", "pending|in progress|applied|submitted|pendiente|en proceso"),
        "none": ("none", "no tiene", "no|not cleared|none on file|ninguna|sin autorizacion"),
        "unknown": ("not known", "no se sabe", "unknown|not asked|desconocida|sin dato"),
    }
)  # fmt: skip
WEEKDAYS = Words(
    {
        "0": ("Mon", "lun", "m|mo|monday|mondays|lu|lunes"),
        "1": ("Tue", "mar", "t|tu|tues|tuesday|tuesdays|ma|martes"),
        "2": ("Wed", "mié", "w|we|weds|wednesday|wednesdays|mi|miercoles|x"),
        "3": ("Thu", "jue", "th|thur|thurs|thursday|thursdays|ju|jueves|r"),
        "4": ("Fri", "vie", "f|fr|friday|fridays|vi|viernes"),
    }
)
PUBLIC = Words(
    {
        "no": ("no", "no", "n|false|0|not asked|private|privado"),
        "yes": ("yes", "sí", "y|true|x|1|si|s|without name|sin nombre|public|publico"),
        "named": ("with first name", "con su nombre", "first name|named|with name|nombre|con nombre"),
    }
)
YES_NO = Words({"yes": ("yes", "sí", "y|true|x|1|si|s|verdadero|ok"), "no": ("no", "no", "n|false|0|falso")})

_NCES = {locale: str(10 * (1 + number // 3) + 1 + number % 3) for number, locale in enumerate(LOCALES)}
_PLACES = {"city": "ciudad", "suburban": "suburbio", "town": "pueblo", "rural": "rural"}
_SIZES = {
    "large": "grande", "midsize": "mediana", "small": "pequeña", "fringe": "cercano", "distant": "distante",
    "remote": "remoto",
}  # fmt: skip


def _locale(code: str) -> tuple[str, str, str]:
    kind, size = code.split("-")
    number = _NCES[code]
    also = "suburb" if kind == "suburban" else kind
    return code, f"{_PLACES[kind]} {_SIZES[size]}", f"{number}|{number} {also} {size}|{also} {size}|{kind}: {size}"


LOCALE = Words({code: _locale(code) for code in LOCALES})
"""Locale types also by the two-figure codes of the National Center for Education Statistics."""
