#!/usr/bin/env bash
# mat73 0.59 returns an empty MATLAB array as numbers: the sizes of its dimensions.
#
# A v7.3 file stores an empty array as the vector of its dimensions, with the attribute MATLAB_empty.
# mat73 0.59 hands that vector out as data: a block of 200 bins and no trial, zeros(1,200,0), comes
# back as [1, 200, 0], which passes for three rates; from 0.60 on it is None. So a pickle made with
# 0.59 holds numbers where nothing was recorded, and one made with a later version holds None.
#
# Seen: 0.59 [1, 200, 0]; 0.60 and 0.65 None. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@" 2>/dev/null; }
pip h5py==3.16.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import h5py
import numpy as np

with h5py.File("empty.mat", "w", userblock_size=512, libver=("earliest", "v108")) as file:
    rates = file.create_dataset("rates", data=np.array([1, 200, 0], dtype=np.uint64))
    rates.attrs["MATLAB_class"] = np.bytes_("double")
    rates.attrs["MATLAB_empty"] = np.uint8(1)
header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
with open("empty.mat", "r+b") as file:
    file.write(header.ljust(512, b"\0"))
PY
for version in 0.59 0.60 0.65; do
  pip "mat73==$version"
  "$folder/venv/bin/python" - "$version" <<'PY'
import sys

import mat73
import numpy as np

rates = mat73.loadmat("empty.mat")["rates"]
print(f"mat73 {sys.argv[1]}:", None if rates is None else np.asarray(rates).tolist())
assert (rates is None) == (sys.argv[1] != "0.59")
assert rates is None or np.asarray(rates).ravel().tolist() == [1, 200, 0]
PY
done
