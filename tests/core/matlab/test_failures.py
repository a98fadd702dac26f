"""Why a MATLAB file cannot be read: each cause by its name, with what to do."""

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from h5py import h5d, h5p, h5s, h5t

from core.errors import MissingFileError, RecordingError
from core.matlab import open_matfile
from core.matlab.failures import failures_named
from core.matlab.writing import write_variables
from neuro_data_analysis.recordings import open_recordings
from tests.matlab_files import HEADER, build, empty, mark, put, value_of


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "a.mat"
    write_variables(path, {"x": np.arange(2000.0)[None]})
    return path


def refusal(path, name="x"):
    """The whole message, checked to be one sentence that names the file."""
    with pytest.raises(RecordingError) as caught:
        value_of(path, name)
    message = str(caught.value)
    assert message.startswith(f"{path}: expected ")
    assert message.endswith(".")
    assert "\n" not in message
    assert "0x" not in message
    return message


def test_a_file_that_may_not_be_read(sound, monkeypatch):
    def forbidden(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert "cannot be read: Permission denied" in refusal(sound)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_of_another_user(sound):
    sound.chmod(0)
    code = f"""
        import os
        from core.matlab import open_matfile
        os.setuid(65534)
        try:
            open_matfile({str(sound)!r}).__enter__()
        except Exception as error:
            print(type(error).__name__, error)
    """
    for folder in list(sound.parents)[:-2]:
        folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert "cannot be read: Permission denied" in done.stdout


def test_a_folder_and_a_pipe(tmp_path):
    assert "found a folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "found a pipe or a device" in refusal(tmp_path / "pipe")


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read: File name too long"):
        value_of(tmp_path / ("x" * 300))
    with pytest.raises(RecordingError, match="cannot be read: File name too long"):
        open_recordings(tmp_path / ("x" * 300)).__enter__()


def test_a_name_that_no_file_can_have(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read: embedded null byte"):
        value_of(Path("a\0b.mat"))


def test_links_that_lead_in_a_circle(tmp_path):
    path = tmp_path / "a.mat"
    path.symlink_to(path)
    assert "Too many levels of symbolic links" in refusal(path)


def test_no_file(tmp_path):
    with pytest.raises(MissingFileError, match="found no file"):
        value_of(tmp_path / "none.mat")


def test_a_file_that_another_program_writes(sound):
    code = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, sound], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        writer.stdout.readline()
        assert "that another program holds open for writing; close it there" in refusal(sound)
        writer.communicate(b"\n")
    assert value_of(sound).shape == (1, 2000)


def test_a_file_that_its_writer_has_not_closed(tmp_path):
    path = tmp_path / "a.h5"
    code = """
        import h5py, os, sys
        file = h5py.File(sys.argv[1], "w", libver="latest")
        file["x"] = 1
        file.flush()
        os._exit(0)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), path], check=True)
    assert "one that its writer has not closed; close it there, or, if that" in refusal(path)


def test_values_asked_for_when_the_file_is_closed(sound):
    with open_matfile(sound) as variables:
        pass
    for ask in (lambda: variables["x"], lambda: "x" in variables, lambda: list(variables)):
        with pytest.raises(RecordingError, match="found it closed; values are read inside the"):
            ask()


def properties(chunk=(100,)):
    created = h5p.create(h5p.DATASET_CREATE)
    created.set_chunk(chunk)
    return created


def test_data_packed_by_a_filter_that_is_not_installed(tmp_path):
    def layout(file):
        created = properties()
        created.set_filter(32015, 1, (3,))
        space = h5s.create_simple((100,))
        dataset = h5d.create(file.id, b"x", h5t.NATIVE_DOUBLE, space, dcpl=created)
        dataset.write_direct_chunk((0,), bytes(50), 0)
        mark(file["x"], "double")

    message = refusal(build(tmp_path / "a.mat", layout))
    assert "found /x packed by filter 32015" in message
    assert "h5repack -f NONE" in message


def test_links_that_lead_nowhere(tmp_path):
    def layout(file):
        file["x"] = h5py.ExternalLink("other.mat", "/x")
        file["y"] = h5py.SoftLink("/nothing")

    path = build(tmp_path / "a.mat", layout)
    assert "a link to the file other.mat that leads nowhere; put" in refusal(path)
    assert "a link to /nothing in the same file that leads nowhere" in refusal(path, "y")


def test_data_that_lie_in_other_files(tmp_path):
    def layout(file):
        virtual = h5py.VirtualLayout((100,), "f8")
        virtual[:] = h5py.VirtualSource("none.h5", "x", (100,))
        mark(file.create_virtual_dataset("x", virtual), "double")
        mark(file.create_dataset("y", (9,), "f8", external=[("none.raw", 0, 72)]), "double")

    path = build(tmp_path / "a.mat", layout)
    for name in "xy":
        assert f"found /{name} put together from other files" in refusal(path, name)


@pytest.mark.parametrize("size", [0, 512, 1024, 4096])
def test_any_user_block_is_read(tmp_path, size):
    path = tmp_path / "a.mat"
    with h5py.File(path, "w", userblock_size=size) as file:
        put(file, "x", np.ones((1, 1)), "double")
    assert value_of(path) == 1


def test_a_format_newer_than_this_hdf5(sound):
    content = bytearray(sound.read_bytes())
    content[512 + 8] = 9
    sound.write_bytes(content)
    assert f"newer than HDF5 {h5py.version.hdf5_version}; update h5py" in refusal(sound)


def test_a_type_that_numpy_lacks(tmp_path):
    def layout(file):
        h5d.create(file.id, b"x", h5t.UNIX_D32LE, h5s.create_simple((3,)))
        mark(file["x"], "double")

    assert "a type of HDF5 that NumPy lacks; save" in refusal(build(tmp_path / "a.mat", layout))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EIO, r"a disk that failed while reading \(Input/output error\); copy the file"),
        (errno.ESTALE, r"a disk that failed while reading \(Stale file handle\); copy the file"),
        (errno.EMFILE, r"one that cannot be read \(Too many open files\)"),
    ],
)
def test_what_the_system_refuses_while_hdf5_reads(sound, monkeypatch, number, said):
    def failing(*_):
        raise OSError(
            f"Can't read data (file read failed: time = now\n, filename = 'a', errno = {number}, "
            "error message = '', buf = 0x7ffd5a0fd3e8, total read size = 8)"
        )

    with open_matfile(sound) as variables:
        monkeypatch.setattr("core.matlab.reading._value", failing)
        with pytest.raises(RecordingError, match=said):
            variables["x"]


def test_a_disk_without_locks(sound, monkeypatch):
    def failing(*_, **__):
        raise OSError("unable to lock file, errno = 37, error message = 'No locks available'")

    monkeypatch.setattr(h5py, "File", failing)
    assert "a disk that knows no file locks; set the environment variable HDF5_USE" in refusal(
        sound
    )


def test_more_than_memory_holds(tmp_path):
    def layout(file):
        file.create_dataset("x", (2**45,), "f8", chunks=(2**10,))
        mark(file["x"], "double")

    path = build(tmp_path / "a.mat", layout)
    assert "values that need more memory than there is; close other" in refusal(path)


def test_cells_without_end(tmp_path):
    def layout(file):
        target = put(file, "x", np.empty((1, 1), h5py.ref_dtype), "cell")
        target[0, 0] = target.ref

    path = build(tmp_path / "a.mat", layout)
    assert "cells that lie in one another without end" in refusal(path)


def test_the_kind_of_a_file_is_told_by_numbers_not_by_its_text(sound):
    """The library mat-io writes true v7.3 files that call themselves MATLAB 5.0."""
    content = bytearray(sound.read_bytes())
    content[:116] = b"MATLAB 5.0 MAT-file Platform. Created by matio using h5py".ljust(116)
    sound.write_bytes(content)
    assert value_of(sound).shape == (1, 2000)


@pytest.mark.parametrize("version", [b"\x00\x01IM", b"\x01\x00MI"])
def test_a_level_5_file_that_calls_itself_7_3(tmp_path, version):
    path = tmp_path / "a.mat"
    path.write_bytes(HEADER[:124] + version + bytes(500))
    assert "a level-5 file; in MATLAB, save(..., '-v7.3')" in refusal(path)


def test_a_level_5_file_an_empty_one_and_anything_else(tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"x": np.ones(3)})
    assert "a level-5 file; in MATLAB, save(..., '-v7.3')" in refusal(path)
    path.write_bytes(b"")
    assert "found an empty file" in refusal(path)
    path.write_bytes(b"just a text")
    assert "found something else (it starts with b'just a text')" in refusal(path)


@pytest.mark.parametrize("length", [128, 512])
def test_the_header_alone(sound, length):
    sound.write_bytes(sound.read_bytes()[:length])
    assert "header of one without its content: it is cut off; copy it again" in refusal(sound)


def test_hdf5_files_of_other_programs(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.ones(3)
        file.create_group("units")
        file["link"] = h5py.SoftLink("/nothing")
    assert "an HDF5 file of another program (its members: link, units, x)" in refusal(path)
    with h5py.File(path, "w") as file:
        file.create_group("x").attrs["OCTAVE_NEW_FORMAT"] = np.uint8(1)
    assert "an HDF5 file of GNU Octave (its members: x); in MATLAB, save(" in refusal(path)


def test_hdf5_without_the_header_but_with_matlabs_classes_is_read(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        empty(file, "x", (0, 0), "double")
    assert value_of(path).shape == (0, 0)


def test_only_what_fits_no_cause_is_damage():
    damage = pytest.raises(
        RecordingError, match=r"found a damaged one \(bad object header at …\)\."
    )
    with damage, failures_named("a.mat"):
        raise OSError("bad object header\n at 0x7ffd5a0f")
    with pytest.raises(ZeroDivisionError), failures_named("a.mat"):
        raise ZeroDivisionError
