"""Every case of golden/cases.py against the real MindSpore: its recorded answers, or those of now where it is installed
(oracle.py). Where MindSpore is coarse, wrong or has no kernel: against the truth in Float64 (golden/exact.py)."""

import numpy as np
import pytest

import cases
import exact

_CASES = [(kind, name) for kind, name, _ in cases.everything()]


def tolerance(dtype):
    """Float16: two units in the last place."""
    return 2e-3 if dtype == np.float16 else 1e-5


def close(mine, expected, what, within=0.0):
    assert len(mine) == len(expected), f"{what}: {len(mine)} arrays, expected {len(expected)}"
    for i, (a, b) in enumerate(zip(mine, expected)):
        assert a.shape == b.shape, f"{what} {i}: shape {a.shape}, expected {b.shape}"
        bound = max(within, tolerance(a.dtype))
        exactly = a.dtype.kind != "f"
        np.testing.assert_allclose(
            a.astype(a.dtype if exactly else np.float64),
            b.astype(b.dtype if exactly else np.float64),
            0 if exactly else bound,
            0 if exactly else bound,
            err_msg=f"{what} {i}",
        )


@pytest.mark.parametrize("kind,name", _CASES)
def test_case(kind, name, answers):
    mine = cases.run(kind, name)
    if (kind, name) in exact.FORMULAS:
        for part, expected in exact.truth(kind, name).items():
            if mine[part] or part == "value":
                close(mine[part], expected, f"{part}, the truth")
    if (kind, name, "refused") in answers:
        assert (kind, name) in exact.FORMULAS, f"MindSpore cannot do this case: {answers[kind, name, 'refused'][0]}"
        return
    family = exact.coarse(kind, name)
    for part, arrays in mine.items():
        assert (kind, name, part) in answers, "not recorded: run golden/record.py with the real MindSpore"
        expected = answers[kind, name, part]
        for i, (a, b) in enumerate(zip(arrays, expected)):
            assert a.dtype == b.dtype, f"{part} {i}: {a.dtype}, MindSpore has {b.dtype}"
        if not exact.wrong(kind, name, part):
            close(arrays, expected, f"{part}, MindSpore", exact.COARSE.get(family, 0))


def test_what_was_asked_is_what_is_asked_now(answers):
    """The recorded answers belong to these inputs."""
    for kind, name in _CASES:
        if kind == "ops" and (kind, name, "refused") not in answers:
            mine = cases.run(kind, name, "asked")["asked"]
            np.testing.assert_allclose(
                mine[0], answers[kind, name, "asked"][0], 1e-6, 1e-6, err_msg=f"{name}: run golden/record.py again"
            )


def test_exceptions_are_true(recorded):
    """What is compared loosely or not at all: MindSpore itself is off the truth there."""

    def off(kind, name, part):
        expected = exact.truth(kind, name)[part]
        return max(
            (
                float(
                    np.nanmax(
                        np.abs(np.nan_to_num(b, nan=99.0) - np.nan_to_num(a.astype(np.float64), nan=99.0))
                        / (1 + np.abs(np.nan_to_num(b)))
                    )
                )
                for a, b in zip(recorded[kind, name, part], expected)
            ),
            default=0.0,
        )

    worst = {}
    for kind, name in exact.FORMULAS:
        if (kind, name, "refused") in recorded:
            assert exact.REFUSED[name] in str(recorded[kind, name, "refused"][0])
            continue
        family = exact.coarse(kind, name)
        for part in ("value", "grad"):
            if recorded[kind, name, part]:
                how = off(kind, name, part)
                if exact.wrong(kind, name, part):
                    assert how > 1e-3, f"{name}, {part}: MindSpore is right"
                elif family:
                    worst[family] = max(how, worst.get(family, 0))
    for family, bound in exact.COARSE.items():
        assert 4e-6 < worst[family] < bound, f"{family}: MindSpore is off by {worst[family]}"
    for name, _ in exact.WRONG:
        assert any((kind, name) in exact.FORMULAS for kind in ("ops", "layers", "losses"))
    for kind, name, part in recorded:
        assert part != "refused" or name in exact.REFUSED
