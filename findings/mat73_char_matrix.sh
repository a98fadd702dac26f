#!/usr/bin/env bash
# mat73 0.65 reads a char matrix of several rows as one text with the columns interleaved.
#
# MATLAB keeps texts of one length as the rows of a char array, say ['row one';'row two']. In a v7.3
# file mat73 runs through it column by column and returns 'rrooww  otnweo', without a warning; the
# package that wrote the file here (mat-io 1.0.2) reads the two rows back.
#
# Seen: mat73 'rrooww  otnweo'; mat-io ['row one' 'row two']. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    mat73==0.65 mat-io==1.0.2 h5py==3.16.0 numpy==2.4.6 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import mat73
import numpy as np
from matio import load_from_mat, save_to_mat

save_to_mat("rows.mat", {"names": np.array(["row one", "row two"])}, version="v7.3")
by_mat73 = mat73.loadmat("rows.mat")["names"]
by_matio = load_from_mat("rows.mat")["names"]
print("mat73 0.65:  ", repr(by_mat73))
print("mat-io 1.0.2:", np.asarray(by_matio).ravel().tolist())
assert by_mat73 == "rrooww  otnweo"
assert np.asarray(by_matio).ravel().tolist() == ["row one", "row two"]
PY
