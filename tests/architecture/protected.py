"""A checker for what must not reach the ranker: terms of who somebody is, and modules that hold them.

It reads source, never runs it. Names are cut into words (``fechaNacimiento`` is *fecha*, *nacimiento*) and compared
word by word with the list below, so that *trace*, *average* or *comunidad* are no findings. What it cannot see: a
column with an innocent name, and what people write of themselves in their own texts.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROTECTED: Mapping[str, tuple[str, ...]] = {
    "race and ethnicity": (
        "race", "races", "racial", "raza", "razas", "ethnic", "ethnicity", "etnia", "etnicidad", "etnico", "hispanic",
        "hispano", "hispana", "latino", "latina", "latinx", "afro", "indigenous", "indigena", "tribe", "tribal",
        "tribu", "caste", "casta", "skin color", "color piel",
    ),
    "gender and orientation": (
        "gender", "genders", "genero", "sex", "sexes", "sexo", "sexual", "pronoun", "pronouns", "pronombre",
        "pronombres", "transgender", "transgenero", "lgbt", "lgbtq", "gay", "lesbian", "lesbiana",
    ),
    "religion": (
        "religion", "religions", "religious", "religiosa", "religioso", "creed", "credo", "faith", "church", "iglesia",
    ),
    "origin and immigration": (
        "nationality", "nacionalidad", "national origin", "origen nacional", "country origin", "country of origin",
        "pais origen", "pais de origen", "citizen", "citizenship", "ciudadania", "immigrant", "immigration",
        "inmigrante", "inmigracion", "migratorio", "migratoria", "visa", "undocumented", "indocumentado", "refugee",
        "refugiado",
    ),
    "disability and health": (
        "disability", "disabilities", "disabled", "discapacidad", "discapacitado", "handicap", "diagnosis",
        "diagnostico", "pregnant", "pregnancy", "embarazo",
    ),
    "age": (
        "age", "ages", "edad", "edades", "birth", "birthday", "birthdate", "birthplace", "dob", "born", "nacimiento",
        "cumpleanos",
    ),
    "a person's means and family": (
        "income", "incomes", "ingreso", "ingresos", "salary", "salario", "sueldo", "wealth", "household", "hogar",
        "marital", "estado civil", "veteran", "veterano", "ssn", "social security", "seguro social",
    ),
}  # fmt: skip
"""Exact words, or words in a row, in English and Spanish without accents, by what they speak of."""

STORES = ("demographic", "demographics", "demografia", "demograficos", "self described", "autodescripcion", "census",
          "censo")  # fmt: skip
"""What a module or a table for self-described demographics would be called."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_IDENTIFIER = re.compile(r"[A-Za-zÀ-ÿ_][\wÀ-ÿ]*")


@dataclass(frozen=True)
class Finding:
    """A name in a module, and what it speaks of."""

    module: str
    name: str
    about: str


def words(name: str) -> list[str]:
    """The words of a name, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", name)
    return [word.lower() for word in _WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))]


def about(name: str) -> str | None:
    """What a name speaks of, if it is on the list."""
    told = f" {' '.join(words(name))} "
    listed = {**PROTECTED, "a store of demographics": STORES}
    return next((what for what, terms in listed.items() if any(f" {term} " in told for term in terms)), None)


def names_in(source: str) -> Iterator[str]:
    """Every name that a module gives, takes or reads: fields, columns, parameters, keys, constants that are names."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)) if id(node) not in prose and _IDENTIFIER.fullmatch(text):
                yield text
            case ast.Constant(value=str(text)) if id(node) not in prose and re.search(r"\b(SELECT|FROM)\b", text):
                yield from _IDENTIFIER.findall(text)


def modules(root: Path, packages: Iterable[str]) -> dict[str, Path]:
    """Every module of some packages by its dotted name."""
    found = {}
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def reached(known: Mapping[str, Path], starts: Iterable[str], but: tuple[str, str] = ("", "")) -> set[str]:
    """The modules that some of them import, at their top or inside a function, directly or through others.

    ``but`` is one import that is not followed: who imports, and what.
    """
    found: set[str] = set()
    waiting = [name for name in starts if name in known]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting.extend(each for each in _imports(name, known) if each in known and (name, each) != but)
    return found


def _imports(name: str, known: Mapping[str, Path]) -> Iterator[str]:
    is_package = known[name].stem == "__init__"
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(known[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            targets = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for target in targets:
            # Importing a module runs its packages first.
            parts = target.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def findings(known: Mapping[str, Path], names: Iterable[str]) -> list[Finding]:
    """What is on the list in these modules: in what they are called, and in every name in them."""
    found = set()
    for module in names:
        given = [*module.split("."), *names_in(known[module].read_text(encoding="utf-8"))]
        found |= {Finding(module, name, what) for name in given if (what := about(name))}
    return sorted(found, key=lambda each: (each.module, each.name))
