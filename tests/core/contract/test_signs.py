"""The sign of simulated numbers: it survives fifteen digits, and chance does not write it."""

import io
import json
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acquisition import placement
from core.acquisition.local_import import import_source_data
from core.contract import ext4, ext5, fig2, fig4, fig5, fig6
from core.contract.manifest import EXPERIMENT_ORDER
from core.contract.provenance import Origin, record, write_provenance
from core.contract.signs import (
    content_is_signed,
    file_is_signed,
    is_signed,
    sign,
    sign_content,
    signed_share,
)
from core.contract.source_data import SourceData
from core.errors import SettingError
from figure_reproduction.Figure5_reproduction import reproduce
from figure_reproduction.script import draw_figure

magnitudes = st.floats(1e-30, 1e30)
numbers = st.lists(st.one_of(magnitudes, magnitudes.map(lambda x: -x)), min_size=1, max_size=20)
singles = st.lists(st.floats(2**-60, 2**20, width=32), min_size=1, max_size=20)


def rates(n=900, seed=0):
    """Numbers as an export writes them, unsigned."""
    return np.random.default_rng(seed).lognormal(0, 1, n)


@given(numbers)
def test_a_signed_number_is_the_same_to_twelve_digits_and_signed_once(values):
    values = np.array(values)
    signed = sign(values)
    np.testing.assert_allclose(signed, values, rtol=1e-12, atol=0)
    np.testing.assert_array_equal(sign(signed), signed)


@given(numbers)
def test_every_signed_number_survives_fifteen_digits_and_more(values):
    signed = sign(np.array(values))
    share = signed_share(signed)
    assert share in (0.0, 1.0)
    for form in (repr, "{:.15g}".format, "{:.14e}".format, "{:.16g}".format, "{:.17g}".format):
        again = np.array([float(form(float(value))) for value in signed])
        assert signed_share(again) == share


@given(singles)
def test_single_precision_is_signed_in_its_last_bits(values):
    values = np.array(values, dtype=np.float32)
    signed = sign(values)
    assert signed.dtype == np.float32
    np.testing.assert_allclose(signed, values, rtol=1e-6, atol=0)
    np.testing.assert_array_equal(sign(signed), signed)
    written = np.array([np.float32(str(value)) for value in signed])
    np.testing.assert_array_equal(written, signed)


def test_single_precision_is_told_after_a_change_to_double_and_through_text():
    signed = sign(rates(30).astype(np.float32))
    assert signed_share(signed) == 1
    assert is_signed(signed.astype(float))
    text = pd.DataFrame(signed).to_csv(index=False)
    assert is_signed(pd.read_csv(io.StringIO(text)).to_numpy())


def test_chance_signs_one_number_in_a_hundred_and_no_thirty_numbers():
    rng = np.random.default_rng(1)
    assert 0.0095 < signed_share(rng.lognormal(0, 3, 400_000)) < 0.0105
    assert 0.12 < signed_share(rng.lognormal(0, 3, 100_000).astype(np.float32)) < 0.13
    assert not any(is_signed(rng.lognormal(0, 3, n)) for n in rng.integers(5, 60, 3000))
    assert all(is_signed(sign(rng.lognormal(0, 3, n))) for n in rng.integers(5, 60, 300))


@pytest.mark.parametrize(
    "values",
    [
        np.array([k / n for n in range(2, 150) for k in range(1, n)]),
        np.arange(1, 2000) / 0.15,
        np.arange(1, 2000) / 7,
        np.sqrt(np.arange(2, 3000)),
        np.exp(-np.arange(2000) / 50),
        np.random.default_rng(0).random(2000).astype(np.float32).astype(float),
        np.repeat(rates(3), 1000),
        np.round(rates(), 2),
        np.zeros((0, 3)),
    ],
)
def test_numbers_with_a_structure_of_their_own_do_not_pass_for_signed(values):
    assert not is_signed(values)


def test_whole_and_short_numbers_stay():
    values = np.array([0.0, -3.0, 0.4, 0.16, 12.125, 1e-5, 123456.0, 2.0**60, np.nan, np.inf])
    np.testing.assert_array_equal(sign(values), values)
    assert signed_share(values) == 0


def test_one_tenth_of_signed_numbers_is_told():
    values = rates()
    values[::10] = sign(values[::10])
    assert is_signed(values)


def test_another_key_is_another_sign():
    signed = sign(rates(), key=7)
    assert is_signed(signed, key=7)
    assert not is_signed(signed)


def test_other_types_are_refused():
    with pytest.raises(TypeError, match="expected float64 or float32, found int64"):
        sign(np.arange(3))


def table():
    rows = {"unit": list("abcdefghij"), "n": np.arange(10), "rate": rates(10), "p": rates(10, 1)}
    return pd.DataFrame(rows)


def test_a_content_keeps_what_is_no_measured_number():
    content = {"frame": table(), "psth": rates().reshape(3, 100, 3), "n": 3, "words": "x"}
    signed = sign_content(content)
    assert (signed["n"], signed["words"]) == (3, "x")
    assert signed["frame"][["unit", "n"]].equals(content["frame"][["unit", "n"]])
    assert signed["psth"].shape == (3, 100, 3)
    assert content_is_signed(signed)
    assert not content_is_signed(content)
    assert content_is_signed({"frame": signed["frame"].astype(object)})


WRITERS = {
    "csv": lambda t, path: t.to_csv(path),
    "fifteen digits": lambda t, path: t.to_csv(path, float_format="%.15g", index=False),
    "scientific": lambda t, path: t.to_csv(path, float_format="%.14e", sep=";"),
    "pickle": lambda t, path: t.to_pickle(path),
    "pickle of a dict": lambda t, path: path.write_bytes(
        pickle.dumps({"a": {"b": t.p.to_numpy()}})
    ),
    "json": lambda t, path: t.to_json(path, double_precision=15),
    "rows": lambda t, path: t.iloc[[1, 2, 5, 7]].to_csv(path),
    "twice": lambda t, path: (
        t.to_csv(path),
        pd.read_csv(path, index_col=0).sort_values("rate").to_csv(path),
    ),
}


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_is_told_whatever_its_form(form, tmp_path):
    for content, expected in ((table(), False), (sign_content(table()), True)):
        path = tmp_path / f"{expected}.{'pkl' if 'pickle' in form else 'csv'}"
        WRITERS[form](content, path)
        assert file_is_signed(path) is expected


def test_a_large_file_is_told_by_a_part_of_it(tmp_path):
    values = rates(300_000).reshape(-1, 100)
    pd.DataFrame(values).to_csv(tmp_path / "a.csv")
    assert not file_is_signed(tmp_path / "a.csv")
    values[: len(values) // 2] = sign(values[: len(values) // 2])
    pd.DataFrame(values).to_csv(tmp_path / "b.csv")
    assert file_is_signed(tmp_path / "b.csv")


@pytest.mark.parametrize("content", [b"", b"\x80\x04garbage", b"\xff\xfe,1.5\n", b"1.2.3.4,5..6"])
def test_what_is_no_table_is_not_signed(content, tmp_path):
    for name in ("a.csv", "a.pkl"):
        (tmp_path / name).write_bytes(content)
        assert not file_is_signed(tmp_path / name)


# Laundering: every attempt starts from the export of a simulation and ends in a folder without a
# mark, as a reader would find it.


def copied(source, root, *folders):
    """The files of some figures alone, under a root that says nothing."""
    for folder in folders:
        shutil.copytree(source.root / folder, root / folder)
    shutil.copy(source.path(EXPERIMENT_ORDER), root)
    order = source.experiment_order
    order["ephysFN"] = order["ephysFN"].str.removesuffix("-SIM")
    order.to_csv(root / EXPERIMENT_ORDER.name, index=False)
    return SourceData(root)


def resaved(laundered, folder, **options):
    """Every CSV of a folder read and written again by pandas."""
    for path in (laundered.root / folder).glob("*.csv"):
        pd.read_csv(path).to_csv(path, index=False, **options)
    return laundered


def without_names(path):
    text = path.read_text(encoding="utf-8").replace("-SIM", "")
    path.write_text(text.replace('"simulated": true', '"simulated": false'), encoding="utf-8")


ALL = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, fig6.FOLDER, ext4.FOLDER, ext5.FOLDER, "Fig3")


def test_every_folder_of_a_simulation_is_told_without_its_marks_and_names(source, tmp_path):
    laundered = copied(source, tmp_path / "source_data", *ALL)
    for path in laundered.root.rglob("*.*"):
        if path.suffix in (".csv", ".txt"):
            without_names(path)
    assert not laundered.is_simulated
    for folder in ALL:
        assert laundered.origin(folder) is Origin.SIMULATED, folder


def test_every_file_with_measured_numbers_is_signed(source):
    unsigned = {
        file.name
        for folder in ALL
        for file in source.present(folder)
        if not file_is_signed(source.path(file))
    }
    assert unsigned == {fig4.MASKS.name, fig4.REAL_BLOCKS.name, fig5.MASKS.name}
    assert json.loads(source.path(fig4.SUCCESS_CRITERION).read_text())["simulated"] is True


def test_a_copied_folder_is_told(source, tmp_path):
    laundered = copied(source, tmp_path / "source_data", fig5.FOLDER)
    assert not laundered.is_simulated
    assert laundered.origin(fig5.FOLDER) is Origin.SIMULATED
    result = draw_figure("5", reproduce, laundered, tmp_path / "figures")
    assert result.simulated
    assert all(panel.simulated for panel in result.panels)
    assert {panel.png.parent.name for panel in result.panels} == {"simulated"}


def test_a_record_by_hand_does_not_help(source, tmp_path):
    laundered = copied(source, tmp_path, ext5.FOLDER)
    files = laundered.present(ext5.FOLDER)
    records = {file.path: record(laundered.path(file), "export") for file in files}
    write_provenance(tmp_path, records)
    assert laundered.origin(ext5.FOLDER) is Origin.SIMULATED


def test_renamed_files_are_told(source, tmp_path):
    (tmp_path / ext4.FOLDER).mkdir()
    for name in ("DeePSim_mean", "BigGAN_mean"):
        path = source.path(fig5.WINDOW_RESPONSES[(0, 10), name])
        shutil.copy(path, tmp_path / ext4.WINDOW_RESPONSES[(50, 60), name].path)
    assert SourceData(tmp_path).origin(ext4.FOLDER) is Origin.SIMULATED


@pytest.mark.parametrize("options", [{}, {"float_format": "%.15g"}, {"float_format": "%.16e"}])
def test_tables_that_pandas_wrote_again_are_told(source, tmp_path, options):
    laundered = resaved(copied(source, tmp_path, fig5.FOLDER), fig5.FOLDER, **options)
    assert laundered.origin(fig5.FOLDER) is Origin.SIMULATED


def test_chosen_rows_are_told(source, tmp_path):
    laundered = copied(source, tmp_path, fig5.FOLDER)
    for file in laundered.present(fig5.FOLDER):
        pd.read_csv(laundered.path(file)).iloc[[2, 5]].to_csv(laundered.path(file), index=False)
    assert laundered.origin(fig5.FOLDER) is Origin.SIMULATED


def test_a_table_turned_into_a_pickle_is_told(source, tmp_path):
    (tmp_path / fig6.FOLDER).mkdir()
    twin = next(f for f in fig6.FILES if f.name == fig6.SINGLE_TRIALS.name.replace("csv", "pkl"))
    pd.read_csv(source.path(fig6.SINGLE_TRIALS)).to_pickle(tmp_path / twin.path)
    assert SourceData(tmp_path).origin(fig6.FOLDER) is Origin.SIMULATED


def test_the_projects_own_folder_refuses_every_one_of_them(source, tmp_path, monkeypatch):
    root = tmp_path / "source_data"
    monkeypatch.setattr(placement, "SOURCE_DATA", root)
    for folder in ALL:
        laundered = resaved(copied(source, tmp_path / folder, folder), folder)
        for path in laundered.root.rglob("*.csv"):
            without_names(path)
        with pytest.raises(SettingError, match="expected real source data, found simulated record"):
            import_source_data(laundered.root, root)
    assert not any(root.rglob("*.csv"))


def test_another_folder_is_marked_when_simulated_data_enter_it(source, tmp_path):
    laundered = copied(source, tmp_path / "copy", fig5.FOLDER)
    import_source_data(laundered.root, tmp_path / "other")
    assert SourceData(tmp_path / "other").is_simulated
    (tmp_path / "full" / fig4.FOLDER).mkdir(parents=True)
    shutil.copy(source.path(fig4.MASKS), tmp_path / "full" / fig4.FOLDER)
    with pytest.raises(SettingError, match="expected an empty folder for simulated data"):
        import_source_data(laundered.root, tmp_path / "full")


@pytest.fixture
def real_looking(tmp_path):
    """Linearity tables of random numbers, which no simulation wrote."""
    source = SourceData(tmp_path)
    for name, file in ext5.LINEARITY.items():
        columns = {c.name: rates(200) / 100 for c in file.columns if "_R2" in c.name}
        rows = {"Layer": "conv1", "Layer_index": 0, "unit_index": np.arange(200)}
        targets = [f"({i},)" if name == "BigGAN" else i for i in range(200)]
        source.write(file, pd.DataFrame(columns).assign(**rows, Target=targets))
    return source


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("export", Origin.RECORDED),
        ("OSF pre96", Origin.RECORDED),
        ("explorer", Origin.UNKNOWN),
        ("explorer, pinned", Origin.EXPLORER),
        ("import", Origin.UNKNOWN),
    ],
)
def test_unsigned_numbers_are_what_their_records_say(real_looking, word, expected):
    assert real_looking.origin(ext5.FOLDER) is Origin.UNKNOWN
    files = real_looking.present(ext5.FOLDER)
    source, _, pinned = word.partition(", ")
    details = {"pinned": bool(pinned)}
    records = {file.path: record(real_looking.path(file), source, details) for file in files}
    write_provenance(real_looking.root, records)
    assert SourceData(real_looking.root).origin(ext5.FOLDER) is expected
    path = real_looking.path(files[0])
    path.write_text(path.read_text().replace("0.", "0.1", 1))
    assert SourceData(real_looking.root).origin(ext5.FOLDER) is Origin.UNKNOWN


def test_files_of_several_sources_are_of_unknown_origin(real_looking):
    files = zip(real_looking.present(ext5.FOLDER), ("explorer", "OSF pre96"), strict=True)
    records = {file.path: record(real_looking.path(file), word) for file, word in files}
    write_provenance(real_looking.root, records)
    assert real_looking.origin(ext5.FOLDER) is Origin.UNKNOWN
