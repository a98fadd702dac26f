"""Names of recordings and images, and what they tell: animal, date, visual area, unit letter."""

import datetime
import re

from core.errors import RecordingError

UNIT_LETTERS = "UABCDEFGH"
"""Letter of unit 0 (unsorted), 1, 2, ..."""

BETO_NEW_ARRAY_AFTER = datetime.date(2021, 9, 1)
"""Last day of Beto's first arrays."""

_DAY_FIRST = ("Alfa", "Beto")
"""Animals whose two file names must agree on the date; Caos wrote the month first."""


def animal_and_date(ephys_name: str, control_name: str) -> tuple[str, datetime.date]:
    """Animal and day of a recording.

    Parameters
    ----------
    ephys_name
        ``<Animal>-<DDMMYYYY>-<NNN>``, or empty.
    control_name
        ``<YYMMDD>[_<HHMMSS>]_<Animal>_<task>``, or empty.

    Raises
    ------
    RecordingError
        If both are empty, or contradict each other (for others than Alfa and Beto the control
        file decides on the date).

    Examples
    --------
    >>> animal_and_date("Beto-28072020-006", "200728_Beto_generate_BigGAN(1)")
    ('Beto', datetime.date(2020, 7, 28))
    """
    if not ephys_name and not control_name:
        raise RecordingError(expected="the name of the ephys or the control file", found="neither")
    from_control = _parse_control(control_name) if control_name else None
    if not ephys_name:
        return from_control
    animal = ephys_name.split("-")[0]
    if from_control and animal not in _DAY_FIRST and animal == from_control[0]:
        return from_control
    from_ephys = _parse_ephys(ephys_name)
    if from_control and from_control != from_ephys:
        raise RecordingError(
            path=ephys_name,
            expected=f"the animal and date of the control file {control_name}",
            found=f"{from_ephys[0]}, {from_ephys[1]}",
        )
    return from_ephys


def _parse_ephys(name: str) -> tuple[str, datetime.date]:
    parts = name.split("-")
    try:
        return parts[0], datetime.datetime.strptime(parts[1], "%d%m%Y").date()
    except (IndexError, ValueError):
        raise RecordingError(
            path=f"{name!r}", expected="a name like Beto-28072020-006", found="no day in it"
        ) from None


def _parse_control(name: str) -> tuple[str, datetime.date]:
    fields = name.split("_")
    animals = [field for field in fields[1:] if field.isalpha()]
    try:
        return animals[0], datetime.datetime.strptime(fields[0], "%y%m%d").date()
    except (IndexError, ValueError):
        raise RecordingError(
            path=f"{name!r}",
            expected="a name like 200728_Beto_generate_BigGAN",
            found="no day or animal",
        ) from None


def area_of_channel(channel: int, animal: str, date: datetime.date) -> str:
    """Visual area of an array channel: V1, V4 or IT.

    Parameters
    ----------
    channel
        1-based channel, 1 to 64.
    animal
        Alfa or Beto.
    date
        Day of the recording; Beto's arrays changed in 2021.

    Raises
    ------
    RecordingError
        For another animal, or a channel outside 1 to 64.

    Examples
    --------
    >>> area_of_channel(12, "Alfa", datetime.date(2020, 11, 25))
    'IT'
    """
    if animal not in _DAY_FIRST:
        raise RecordingError(expected="Alfa or Beto, whose arrays are known", found=f"{animal!r}")
    if not 1 <= channel <= 64:
        raise RecordingError(expected="an array channel from 1 to 64", found=channel)
    if animal == "Beto" and date > BETO_NEW_ARRAY_AFTER:
        return "V4" if channel <= 16 else "V1" if channel <= 32 else "IT"
    return "IT" if channel <= 32 else "V1" if channel <= 48 else "V4"


def unit_name(channel: int, unit: int) -> str:
    """Short name of a unit, channel and letter.

    Parameters
    ----------
    channel
        1-based channel.
    unit
        Number on the channel; 0 is unsorted activity, U.

    Raises
    ------
    RecordingError
        If the unit has no letter.

    Examples
    --------
    >>> unit_name(5, 2)
    '5B'
    """
    if not 0 <= unit < len(UNIT_LETTERS):
        raise RecordingError(
            expected=f"a unit number from 0 to {len(UNIT_LETTERS) - 1}", found=unit
        )
    return f"{channel}{UNIT_LETTERS[unit]}"


_EVOLVED = re.compile(r"block(\d{3})_thread(\d{3})_gen_gen(\d{3})_(\d{6})$")


def evolved_image_name(block: int, thread: int, counter: int) -> str:
    """Name of an evolved image.

    Parameters
    ----------
    block
        1-based block.
    thread
        0 (DeePSim) or 1 (BigGAN).
    counter
        Running number over both threads, from 0.

    Examples
    --------
    >>> evolved_image_name(3, 1, 90)
    'block003_thread001_gen_gen002_000090'
    """
    return f"block{block:03d}_thread{thread:03d}_gen_gen{block - 1:03d}_{counter:06d}"


def reference_image_name(stem: str, thread: int) -> str:
    """Name of a natural reference image in a thread.

    Parameters
    ----------
    stem
        Name of the image.
    thread
        0 (DeePSim) or 1 (BigGAN).

    Examples
    --------
    >>> reference_image_name("pic_02 (2)", 0)
    'pic_02 (2)_thread000_nat'
    """
    return f"{stem}_thread{thread:03d}_nat"


def block_and_thread(name: str) -> tuple[int, int] | None:
    """1-based block and 0-based thread of an evolved image; None for any other.

    Examples
    --------
    >>> block_and_thread("block003_thread001_gen_gen002_000090")
    (3, 1)
    """
    match = _EVOLVED.match(name)
    return None if match is None else (int(match[1]), int(match[2]))


def reference_stem(name: str) -> str:
    """Stem of a reference image's name.

    Examples
    --------
    >>> reference_stem("[10]-n04350905_39870_thread001_nat")
    '[10]-n04350905_39870'
    """
    return re.sub(r"_thread\d{3}_nat$", "", name)
