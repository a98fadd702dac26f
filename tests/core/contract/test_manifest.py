"""The manifest: all published files, each described once."""

from collections import Counter
from pathlib import Path

from core.contract import fig2, fig3, fig4, fig5
from core.contract.manifest import FIGURE_FILES, MANIFEST, documentation

READ_BY_SCRIPTS = {
    "Fig2": 11,
    "Fig3": 2,
    "Fig4": 9,
    "Fig5": 85,
    "Fig6": 5,
    "ExtendedFig1": 0,
    "ExtendedFig4": 179,
    "ExtendedFig5": 4,
}


def test_all_295_published_files_are_described():
    read = {
        folder: sum(file.required or folder == "Fig2" for file in files)
        for folder, files in FIGURE_FILES.items()
    }
    assert read == READ_BY_SCRIPTS
    assert sum(read.values()) == 295


def test_a_base_name_determines_the_file():
    names = Counter(file.name for files in FIGURE_FILES.values() for file in files)
    assert max(names.values()) == 1
    assert all(MANIFEST[name].name == name for name in names)


def test_tables_have_the_published_columns():
    names = [column.name for column in fig3.SIMILARITY.columns]
    assert len(names) == 241
    assert names[:2] == ["Expi", "cosine_reevol_resnet_L3_m"]
    assert names[15:18] == ["reevol_G_resnet_L3", "reevol_G_resnet_L4", "Expi_alt"]
    assert names[-1] == "maxblk_vgg_conv5all"
    assert len(fig4.TIME_CONSTANTS.columns) == 40
    assert [c.name for c in fig4.TIME_CONSTANTS.columns][28:32] == [
        "FC_tc0",
        "FC_tc_cnt",
        "BG_tc0",
        "BG_tc_cnt",
    ]
    assert [c.name for c in fig5.MASKS.columns][:4] == ["valid", "V1msk", "V4msk", "ITmsk"]


def test_the_misnamed_slices_keep_their_published_names():
    assert list(fig2.PSTH_CSV) == ["DeePSim_mean", "DeePSim_sem", "BigGAN_mean", "BigGAN_sem"]


def test_the_documented_table_is_the_generated_one():
    page = Path(__file__).parents[3] / "docs" / "source_data.md"
    assert page.read_text(encoding="utf-8").endswith(documentation())
