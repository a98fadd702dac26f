"""What an archive asks for comes from a file that is checked field by field."""

import pytest

from core.errors import MissingFileError, SettingError
from neuro_data_analysis.nwb.metadata import Subject, read_metadata, write_template
from tests.nwb_recordings import METADATA, element, write_matroot

ANIMALS = ["Alfa", "Beto"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metadata.yaml"


def test_a_file_that_is_filled_in_is_read(path):
    path.write_text(METADATA)
    metadata = read_metadata(path, ANIMALS)
    assert metadata.time_zone == "America/New_York"
    assert metadata.experimenter == ("Doe, Jane",)
    assert metadata.subjects["Beto"] == Subject("Macaca mulatta", "U", "P8Y/")


def test_the_template_names_every_field_once_it_is_checked(path):
    write_template(path, ANIMALS)
    with pytest.raises(SettingError) as caught:
        read_metadata(path, ANIMALS)
    sentences = str(caught.value).splitlines()
    fields = [sentence.split(": expected")[0].split(", ")[-1] for sentence in sentences]
    assert fields == [
        *("time_zone", "experimenter", "institution"),
        *(f"subjects.{a}.{name}" for a in ANIMALS for name in ("species", "sex", "age")),
    ]
    assert all(sentence.endswith("found nothing.") for sentence in sentences)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("America/New_York", "EST5", r"time_zone: expected the IANA name .*, found 'EST5'\.$"),
        ("America/New_York", "../etc", r"time_zone: .* found '\.\./etc'\.$"),
        ('["Doe, Jane"]', "Jane Doe", r"experimenter: .* \"Last, First\", found 'Jane Doe'\.$"),
        ('["Doe, Jane"]', '["Jane Doe"]', r"experimenter: .*, found 'Jane Doe'\.$"),
        ("doi:10.1000/182", "10.1000/182", r"related_publications: .*, found '10.1000/182'\.$"),
        ("sex: M", "sex: male", r"subjects\.Alfa\.sex: expected M, F, O .*, found 'male'\.$"),
        (", sex: M", "", r"subjects\.Alfa\.sex: .*, found nothing\.$"),
        ("P9Y", "9", r"subjects\.Alfa\.age: expected an ISO 8601 .*, found '9'\.$"),
        ("P9Y", "P", r"subjects\.Alfa\.age: .*, found 'P'\.$"),
        ("age: P9Y", "age: P9Y, weight: 9", r"subjects\.Alfa\.weight: expected one of age, sex, "),
        ("Macaca mulatta, sex: M", "monkey, sex: M", r"Alfa\.species: .*, found 'monkey'\.$"),
        ("  Alfa:", "  Caos:", r"subjects\.Alfa: expected species, sex and age, found nothing\.$"),
        ("institution:", "institute:", r"institute: expected one of experimenter, .*\n.*insti"),
        ("time_zone: A", "time_zone: [A", "expected a YAML file, found while parsing"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_a_sentence_each(path, old, new, problem):
    text = METADATA.replace(old, new, 1)
    assert text != METADATA
    path.write_text(text)
    with pytest.raises(SettingError, match=problem) as caught:
        read_metadata(path, ANIMALS)
    assert all(line.startswith(str(path)) for line in str(caught.value).splitlines())


@pytest.mark.parametrize("age", ["P9Y", "P9Y6M", "P30W", "P8Y/P10Y", "P8Y/"])
def test_ages_are_durations_or_ranges_of_them(path, age):
    path.write_text(METADATA.replace("P9Y", age))
    assert read_metadata(path, ANIMALS).subjects["Alfa"].age == age


def test_without_the_file_its_template_is_written_and_nothing_else(tmp_path):
    pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")
    from neuro_data_analysis.nwb.run import write_all

    matroot = write_matroot(tmp_path / "recordings", [element()])
    out = tmp_path / "nwb"
    with pytest.raises(MissingFileError, match=r"metadata\.yaml: .* its template was written"):
        write_all(matroot, out)
    assert sorted(path.name for path in out.iterdir()) == [".lock", "metadata.yaml"]
    text = (out / "metadata.yaml").read_text()
    assert "  Beto:\n    species:\n" in text
    assert "Alfa" not in text
