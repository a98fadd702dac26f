"""The commands of the room, as a user runs them."""

import numpy as np
import pytest
import torch

from core.errors import CodeError, MissingFileError, SettingError, run
from core.geometry import load_metric
from core.geometry.__main__ import main


def test_spectra_of_a_generator(tmp_path, capsys):
    arguments = ["spectrum", "--codes", "2", "--device", "cpu", "--out", str(tmp_path), "--float64"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "small, MSE, 2 codes of 256"
    needed = int(printed[1].split(": ")[1].split()[0])
    average = load_metric(tmp_path / "average.npz", generator="SmallGenerator", n=256)
    values = average.eigenvalues[::-1]
    assert 0.985 < values[:needed].sum() / values.sum() < 0.995
    assert printed[4].startswith("consistency, log: ")
    assert float(printed[4].split()[2]) > 0.99  # the generator is nearly linear
    assert printed[-1] == str(tmp_path)
    parts = [load_metric(tmp_path / f"metric_000{number}.npz") for number in (0, 1)]
    np.testing.assert_allclose(average.matrix, (parts[0].matrix + parts[1].matrix) / 2)
    assert parts[0].dtype == "float64"
    for name in ("spectra.png", "consistency.png"):
        assert (tmp_path / name).stat().st_size > 5000


def test_the_control_has_other_metrics(tmp_path):
    for more in ([], ["--shuffled"]):
        out = tmp_path / f"out{len(more)}"
        main(["spectrum", "--codes", "1", "--device", "cpu", "--out", str(out), *more])
    real, control = (load_metric(tmp_path / f"out{k}" / "average.npz") for k in (0, 1))
    assert abs(np.sum(real.axis(0) * control.axis(0))) < 0.5


def test_images_of_a_session(tmp_path, capsys):
    code = np.random.default_rng(0).standard_normal(256)
    np.save(tmp_path / "code.npy", code)
    out = tmp_path / "out"
    arguments = [
        "axes",
        "--device",
        "cpu",
        "--code",
        str(tmp_path / "code.npy"),
        "--ranks",
        "0",
        "7",
    ]
    assert main([*arguments, "--targets", "0.01", "9", "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == ["6 images, 4 out of reach", str(out)]
    assert {path.name for path in out.glob("*.jpg")} == {
        f"class_eig{rank}_lin{distance}.jpg"
        for rank in (0, 7)
        for distance in ("-0.01", "0.00", "0.01")
    }
    assert (out / "class_axes.png").stat().st_size > 5000
    with np.load(out / "class_ImDist_root_data.npz") as saved:
        np.testing.assert_allclose(saved["vecs_arr"][0, 2], code)
        step = saved["vecs_arr"][1, 3] - code
    metric = load_metric(out / "metric.npz")
    np.testing.assert_allclose(abs(step @ metric.axis(7)), np.linalg.norm(step), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["spectrum", "--distance", "L3"], SettingError, "--distance: expected MSE, L2, LPIPS"),
        (["axes", "--code", "none.npy"], MissingFileError, "none.npy: expected a file with a code"),
    ],
)
def test_mistakes_on_the_command_line(arguments, error, message, tmp_path, capsys):
    arguments = [*arguments, "--device", "cpu", "--out", str(tmp_path)]
    with pytest.raises(error, match=message):
        main(arguments)
    assert run(lambda: main(arguments)) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (lambda path: np.save(path, np.zeros(5)), r"an array \(5,\) of float64"),
        (lambda path: np.save(path, np.full(256, "a")), r"an array \(256,\) of <U1"),
        (lambda path: np.save(path, np.zeros(256, complex)), r"an array \(256,\) of complex128"),
        (lambda path: np.save(path, np.full(256, np.nan)), "NaN or infinity"),
        (lambda path: np.save(path, np.array([{}]), allow_pickle=True), "another file"),
        (lambda path: np.savez(path.with_suffix(".npz"), z=np.zeros(256)), "another file"),
        (lambda path: path.write_text("256 numbers"), "another file"),
        (lambda path: path.write_bytes(b""), "another file"),
    ],
)
def test_a_file_that_holds_no_code_is_refused(write, found, tmp_path):
    write(tmp_path / "code.npy")
    (path,) = tmp_path.iterdir()
    with pytest.raises(CodeError, match=f"a code of 256 finite numbers, found {found}"):
        main(["axes", "--code", str(path), "--device", "cpu", "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["spectrum", "--memory", "nan"], "memory: expected a number above 0, found nan"),
        (["spectrum", "--memory", "inf"], "memory: expected a number above 0, found inf"),
        (["axes", "--targets", "nan"], r"targets: expected finite distances .*, found \[nan\]"),
        (["axes", "--targets", "1", "inf"], r"expected finite distances .*, found \[1.0, inf\]"),
    ],
)
def test_numbers_that_are_none_are_refused(options, message, tmp_path):
    more = ["--device", "cpu", "--out", str(tmp_path)]
    with pytest.raises(SettingError, match=message):
        main([*options, *more])


def test_a_seed_that_torch_does_not_take_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["spectrum", "--seed", str(2**64)])
    assert "expected a seed below 2**64" in capsys.readouterr().err


def test_the_numbers_of_the_caller_go_on(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    main(["spectrum", "--codes", "1", "--device", "cpu", "--out", str(tmp_path)])
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)
