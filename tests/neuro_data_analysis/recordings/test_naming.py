"""Names of recordings and images."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RecordingError
from neuro_data_analysis.recordings.naming import (
    animal_and_date,
    area_of_channel,
    block_and_thread,
    evolved_image_name,
    reference_image_name,
    reference_stem,
)

DATE = datetime.date(2020, 7, 28)


@pytest.mark.parametrize(
    ("ephys", "control", "expected"),
    [
        ("Beto-28072020-006", "200728_Beto_generate_BigGAN(1)", ("Beto", DATE)),
        ("Beto-28072020-006", "", ("Beto", DATE)),
        ("Alfa-28072020-006-SIM", "200728_Alfa_generate_BigGAN_SIM", ("Alfa", DATE)),
        ("", "200728_Alfa_x", ("Alfa", DATE)),
        # Caos wrote the month first; the control file decides
        (
            "Caos-12022024-003",
            "241202_150857_Caos_selectivity_basic",
            ("Caos", datetime.date(2024, 12, 2)),
        ),
    ],
)
def test_animal_and_date(ephys, control, expected):
    assert animal_and_date(ephys, control) == expected


@pytest.mark.parametrize(
    ("ephys", "control", "message"),
    [
        ("", "", "found neither"),
        ("Beto-28072020-006", "200729_Beto_x", "expected the animal and date of the control file"),
        ("Beto-28072020-006", "200728_Alfa_x", "control file"),
        ("Alfa-28072020-006", "241202_Caos_x", "control file"),
        ("Beto", "", "found no day"),
        ("", "Beto_200728", "found no day or animal"),
    ],
)
def test_names_that_say_nothing_or_contradict_are_refused(ephys, control, message):
    with pytest.raises(RecordingError, match=message):
        animal_and_date(ephys, control)


@pytest.mark.parametrize(
    ("channel", "animal", "date", "area"),
    [
        (32, "Alfa", "2022-01-01", "IT"),
        (33, "Alfa", "2020-01-01", "V1"),
        (49, "Alfa", "2020-01-01", "V4"),
        (12, "Beto", "2021-09-01", "IT"),
        (16, "Beto", "2021-09-02", "V4"),
        (17, "Beto", "2021-09-02", "V1"),
        (33, "Beto", "2021-09-02", "IT"),
    ],
)
def test_area_of_a_channel(channel, animal, date, area):
    assert area_of_channel(channel, animal, datetime.date.fromisoformat(date)) == area


def test_unknown_arrays_are_refused():
    with pytest.raises(RecordingError, match="Alfa or Beto"):
        area_of_channel(1, "Caos", DATE)
    with pytest.raises(RecordingError, match="from 1 to 64"):
        area_of_channel(65, "Alfa", DATE)


@given(st.text(min_size=1, max_size=20), st.integers(0, 1))
def test_a_reference_stem_is_found_again(stem, thread):
    name = reference_image_name(stem, thread)
    assert reference_stem(name) == stem
    assert block_and_thread(name) is None


def test_evolved_names():
    name = evolved_image_name(13, 0, 698)
    assert name == "block013_thread000_gen_gen012_000698"
    assert block_and_thread(name) == (13, 0)
