"""Figures of an evaluation as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from cx.tagging.evaluating import FieldFigures


def as_table(found: Mapping[str, FieldFigures]) -> str:
    """One line for each field."""
    lines = [f"{'field':<16}{'texts':>7}{'accuracy':>10}{'macro-F1':>10}   {'95 % interval':<15}{'ECE':>6}"]
    for field, figures in found.items():
        low, high = figures.interval
        error = "–" if figures.calibration_error is None else f"{figures.calibration_error:.3f}"
        lines.append(
            f"{field:<16}{figures.texts:>7}{figures.accuracy:>10.3f}{figures.macro_f1:>10.3f}   "
            f"{f'{low:.3f} to {high:.3f}':<15}{error:>6}"
        )
    return "\n".join(lines)


def as_details(field: str, figures: FieldFigures) -> str:
    """Every answer of one field, and what was said in place of what."""
    lines = [f"{field:<24}{'texts':>7}{'precision':>11}{'recall':>9}{'F1':>8}"]
    for answer, of in sorted(figures.answers.items(), key=lambda item: (-item[1].texts, item[0])):
        lines.append(f"  {answer:<22}{of.texts:>7}{of.precision:>11.3f}{of.recall:>9.3f}{of.f1:>8.3f}")
    said = sorted({each for row in figures.confusion.values() for each in row} | set(figures.confusion))
    width = 6
    lines += ["", "  rows are the labels, columns what was said"]
    lines += [f"    {number:>2} {answer}" for number, answer in enumerate(said, start=1)]
    lines.append(" " * 5 + "".join(f"{number:>{width}}" for number in range(1, len(said) + 1)))
    for number, truth in enumerate(said, start=1):
        row = figures.confusion.get(truth, {})
        lines.append(f"  {number:>2} " + "".join(f"{row.get(each, 0) or '·':>{width}}" for each in said))
    return "\n".join(lines)


def as_comparison(taggers: Mapping[str, Mapping[str, FieldFigures]]) -> str:
    """Macro-F1 with its interval, one line for each field that all of them answer, one column for each tagger."""
    lines = [f"{'macro-F1':<16}" + "".join(f"{name:>22}" for name in taggers)]
    first, *others = taggers.values()
    for field in (field for field in first if all(field in each for each in others) and field != "lang"):
        cells = []
        for found in taggers.values():
            low, high = found[field].interval
            cells.append(f"{found[field].macro_f1:.3f} ({low:.2f} to {high:.2f})")
        lines.append(f"{field:<16}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)
