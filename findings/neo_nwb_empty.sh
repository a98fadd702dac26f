#!/usr/bin/env bash
# neo 0.14.6 reads an NWB file with trials, a processed time series and a table as no data, silently.
#
# NWB keeps recorded signals in `acquisition` and what was computed from them in `processing`. The
# file here is valid (pynwb's validator, no message) and holds three trials, and in `processing` a
# time series and a table of responses. neo's NWBIO returns an empty list of blocks, without an
# error or a warning, as if the file were empty.
#
# Seen: pynwb finds no fault, 3 trials and 2 objects in processing; neo gives 0 blocks and no
# warning. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    neo==0.14.6 pynwb==4.2.0 hdmf==6.2.0 h5py==3.16.0 numpy==2.4.6 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import datetime
import warnings

import numpy as np
import pynwb
from hdmf.common import DynamicTable, VectorData

nwb = pynwb.NWBFile(
    session_description="a valid file",
    identifier="one",
    session_start_time=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
)
for start in range(3):
    nwb.add_trial(start_time=float(start), stop_time=start + 0.5)
module = nwb.create_processing_module("ecephys", "responses")
rates = np.arange(30.0).reshape(3, 10)
module.add(pynwb.TimeSeries(name="rate", data=rates, unit="Hz", rate=1.0))
column = VectorData(name="psth", description="rates, Hz", data=rates)
module.add(DynamicTable(name="responses", description="one row a trial", columns=[column]))
with pynwb.NWBHDF5IO("valid.nwb", "w") as io:
    io.write(nwb)
faults = pynwb.validate(path="valid.nwb")
with pynwb.NWBHDF5IO("valid.nwb", "r") as io:
    found = io.read()
    n_trials, n_objects = len(found.trials), len(found.processing["ecephys"].data_interfaces)
print(f"pynwb 4.2.0: {len(faults)} faults, {n_trials} trials, {n_objects} objects in processing")

import neo

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    blocks = neo.io.NWBIO("valid.nwb", mode="r").read_all_blocks()
ours = [str(warning.message) for warning in said if "neo" in warning.filename]
print(f"neo {neo.__version__}:  {len(blocks)} blocks, {len(ours)} warnings")
assert (len(faults), n_trials, n_objects) == (0, 3, 2)
assert (len(blocks), len(ours)) == (0, 0)
PY
