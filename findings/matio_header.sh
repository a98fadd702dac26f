#!/usr/bin/env bash
# mat-io 1.0.2 writes true v7.3 files whose header text says "MATLAB 5.0 MAT-file".
#
# The text in the first 116 bytes is free; what counts is the version number at byte 124 (0x0200
# for v7.3) and the HDF5 signature at byte 512. A reader that goes by the text takes such a file for
# one of level 5. SciPy 1.17 and mat73 0.65 go by the bytes: the one says that it is v7.3 and does
# not read it, the other reads it.
#
# Seen: text "MATLAB 5.0 MAT-file", version 0x0200, signature at 512. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    mat-io==1.0.2 mat73==0.65 scipy==1.17.1 h5py==3.16.0 numpy==2.4.6 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import mat73
import numpy as np
import scipy.io
from matio import save_to_mat

save_to_mat("a.mat", {"x": np.ones((1, 2))}, version="v7.3")
start = open("a.mat", "rb").read(520)
print("text:     ", start[:19])
print("version:  ", start[124:128])
print("signature:", start[512:520])
try:
    scipy.io.loadmat("a.mat")
except NotImplementedError as error:
    print("scipy:    ", error)
    assert "v7.3" in str(error)
print("mat73:    ", mat73.loadmat("a.mat")["x"])
assert start[:19] == b"MATLAB 5.0 MAT-file"
assert start[124:128] == b"\x00\x02IM"
assert start[512:520] == b"\x89HDF\r\n\x1a\n"
PY
