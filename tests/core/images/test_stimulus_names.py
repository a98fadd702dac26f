"""Names of the images along Hessian axes, and what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.images.stimulus_names import parse_stimulus_names

distances = st.integers(-99, 99).map(lambda hundredths: hundredths / 100)


@given(st.sampled_from(["class", "noise"]), st.integers(0, 127), distances)
def test_the_main_form_gives_back_what_it_was_made_of(space, eig_id, distance):
    row = parse_stimulus_names([f"{space}_eig{eig_id}_lin{distance:.2f}"]).iloc[0]
    assert (row.space_name, row.eig_id, row.hessian_img) == (space, eig_id, True)
    assert row.lin_dist == distance
    assert "exp_value" not in row


@pytest.mark.parametrize(
    "name",
    [
        "",
        "SIMref01",
        "xclass_eig0_lin0.40",
        "Class_eig0_lin0.40",
        "class_eig0",
        "class_eigA_lin0.40",
        "class_eig-1_lin0.40",
        "class_eig0_lin",
        "class_eig0_lin.4",
    ],
)
def test_a_name_outside_the_grammar_is_no_hessian_image(name):
    row = parse_stimulus_names([name, "noise_eig1_lin0.16"]).iloc[0]
    assert not row.hessian_img
    assert row.space_name is None
    assert np.isnan(row.eig_id)
    assert np.isnan(row.lin_dist)


def test_text_behind_the_distance_is_ignored():
    row = parse_stimulus_names(["class_eig13_lin-0.40_copy.png"]).iloc[0]
    assert (row.eig_id, row.lin_dist) == (13, -0.4)


def test_the_older_form_is_tried_only_where_no_name_has_the_main_one():
    older = ["class_eig0_exp2.5_lin4.0", "noise_eig3_exp1.0_lin1.0", "reference"]
    table = parse_stimulus_names(older)
    np.testing.assert_array_equal(table["exp_value"], [2.5, 1.0, np.nan])
    np.testing.assert_array_equal(table["lin_dist"], [4.0, 1.0, np.nan])
    assert table["hessian_img"].tolist() == [True, True, False]
    mixed = parse_stimulus_names([*older, "class_eig0_lin0.40"])
    assert mixed["hessian_img"].tolist() == [False, False, False, True]
    assert "exp_value" not in mixed


def test_without_any_such_image_the_columns_are_still_there():
    table = parse_stimulus_names(["a", "b"])
    assert list(table) == ["img_name", "space_name", "eig_id", "lin_dist", "hessian_img"]
    assert not table["hessian_img"].any()
    assert len(parse_stimulus_names([])) == 0
