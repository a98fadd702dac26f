"""What an archive asks for and recordings do not hold: a YAML file, its template, its check.

Nothing is made up: a field that is empty is named, and nothing is written until it is filled in.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from core.errors import SettingError
from core.files import write_text

METADATA_FILE = "metadata.yaml"

_DURATION = r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?"
SPECIES = r"[A-Z][a-z]+ [a-z]+|http://purl\.obolibrary\.org/obo/NCBITaxon_\d+"

GENERAL = """\
# What an archive (DANDI) asks for and the recordings do not hold. Fill in every field and run the
# same command again; it checks them, and makes nothing up.

# Time zone of the laboratory by its IANA name, as in America/New_York. Of a recording only the day
# is known, so sessions start at 00:00 there, and the files say so.
time_zone:

# Who recorded, each as "Last, First", as in ["Doe, Jane", "Roe, Max"].
experimenter: []

# University or institute.
institution:

# DOIs of publications, as in ["doi:10.1000/182"]; may stay empty.
related_publications: []

# Species: its Latin name (Macaca mulatta). Sex: M, F, O (other) or U (unknown). Age when recorded:
# ISO 8601, as in P9Y; from 8 to 10 years is P8Y/P10Y, at least 8 is P8Y/.
subjects:
"""

SUBJECT = """\
  {animal}:
    species:
    sex:
    age:
"""


@dataclass(frozen=True)
class Subject:
    """An animal: Latin name of its species, sex (M, F, O, U), age (ISO 8601)."""

    species: str
    sex: str
    age: str


@dataclass(frozen=True)
class Metadata:
    """What holds for all recordings, and the animals by name."""

    time_zone: str
    experimenter: tuple[str, ...]
    institution: str
    related_publications: tuple[str, ...]
    subjects: Mapping[str, Subject]


def write_template(path: Path, animals: Collection[str]) -> None:
    """Write the file with every field empty.

    Parameters
    ----------
    path
        File to write.
    animals
        Names of the animals.
    """
    write_text(path, GENERAL + "".join(SUBJECT.format(animal=animal) for animal in animals))


def read_metadata(path: Path, animals: Collection[str]) -> Metadata:
    """The file's content, checked.

    Parameters
    ----------
    path
        The file.
    animals
        Names of the animals that it must describe.

    Raises
    ------
    SettingError
        If it is no such file; if fields are missing or wrong, with a sentence for each.
    """
    content = _loaded(path)
    problems = list(_problems(content, animals))
    if problems:
        raise SettingError("\n".join(f"{path}, {problem}" for problem in problems))
    return Metadata(
        time_zone=content["time_zone"],
        experimenter=tuple(content["experimenter"]),
        institution=content["institution"],
        related_publications=tuple(content.get("related_publications") or ()),
        subjects={name: Subject(**content["subjects"][name]) for name in animals},
    )


def _loaded(path: Path) -> Any:
    try:
        # every value as the text that stands there: no date, number or "no" is guessed
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        found = " ".join(str(error).split())
        raise SettingError(path=path, expected="a YAML file", found=found) from None


def _problems(content: Any, animals: Collection[str]) -> Iterator[str]:
    """A sentence for every field that is missing or wrong; the last without its full stop."""
    if not isinstance(content, dict):
        content = {}
    yield from _unknown(content, {*FIELDS, "subjects"}, "")
    for name, field in FIELDS.items():
        yield from field.problems(name, content.get(name))
    subjects = content.get("subjects")
    for animal in animals:
        of_animal = subjects.get(animal) if isinstance(subjects, dict) else None
        if not isinstance(of_animal, dict):
            yield f"subjects.{animal}: expected species, sex and age, found nothing."
            continue
        yield from _unknown(of_animal, SUBJECT_FIELDS, f"subjects.{animal}.")
        for name, field in SUBJECT_FIELDS.items():
            yield from field.problems(f"subjects.{animal}.{name}", of_animal.get(name))


def _unknown(content: Mapping, known: Collection[str], prefix: str) -> Iterator[str]:
    for name in content:
        if name not in known:
            yield f"{prefix}{name}: expected one of {', '.join(sorted(known))}, found another name."


@dataclass(frozen=True)
class Field:
    """What a field must be, in words and as a check of one text; a list takes any number of them.

    Attributes
    ----------
    expected
        In words.
    fits
        Whether a text is right.
    is_list
        Whether the field is a list of such texts.
    may_be_empty
        Whether it may hold nothing.
    """

    expected: str
    fits: Callable[[str], Any]
    is_list: bool = False
    may_be_empty: bool = False

    def problems(self, name: str, value: Any) -> Iterator[str]:
        """A sentence if the value is missing or wrong.

        Parameters
        ----------
        name
            Of the field, for the sentence.
        value
            What stands in the file: a text, a list or a mapping; None if nothing does.
        """
        if not value:
            if not self.may_be_empty:
                yield f"{name}: expected {self.expected}, found nothing."
            return
        texts = value if self.is_list else [value]
        if not isinstance(texts, list):
            yield f"{name}: expected {self.expected}, found {value!r}."
            return
        for text in texts:
            if not (isinstance(text, str) and self.fits(text)):
                yield f"{name}: expected {self.expected}, found {text!r}."


def _is_zone(text: str) -> bool:
    try:
        return bool(ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _matches(pattern: str) -> Callable[[str], Any]:
    return re.compile(pattern).fullmatch


FIELDS = {
    "time_zone": Field("the IANA name of a time zone, as in America/New_York", _is_zone),
    "experimenter": Field(
        'a list of names, each as "Last, First"', _matches(r"[^,]+, [^,]+"), is_list=True
    ),
    "institution": Field("its name", str.strip),
    "related_publications": Field(
        "a list of DOIs, each as doi:10.1000/182",
        _matches(r"doi:10\.\S+/\S+"),
        is_list=True,
        may_be_empty=True,
    ),
}

SUBJECT_FIELDS = {
    "species": Field("the Latin name, as in Macaca mulatta", _matches(SPECIES)),
    "sex": Field("M, F, O (other) or U (unknown)", _matches("[MFOU]")),
    "age": Field(
        "an ISO 8601 duration, as in P9Y or P8Y/P10Y or P8Y/",
        _matches(f"{_DURATION}(/({_DURATION})?)?"),
    ),
}
