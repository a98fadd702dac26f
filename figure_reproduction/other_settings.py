"""Panels of an analysis that was set otherwise than the paper's: they say so, and name its window.

Panels are drawn with the paper's labels; those that state a window or the share of a rise are
written anew afterwards.
"""

import re
from dataclasses import replace

from core.plotting.style import write_above
from core.statistics.analysis import BASELINE, PUBLISHED, AnalysisSettings, in_ms
from figure_reproduction.panels import Panel

NOTICE = "OTHER SETTINGS than the paper's"

COLOR = "tab:brown"

RATES = (
    r"Response(?= \()",
    "PSTH",
    r"Max Normalized (response|PSTH)",
    r"Firing Rate(?= \(events/s\)$)",
    "Share of the rise",
    "Fraction of activation difference",
)
"""Beginnings of the labels of axes that show rates in the evoked window, or shares of them."""


def say_settings(panel: Panel, settings: AnalysisSettings) -> Panel:
    """The panel with labels, a line above, and a note that tell the settings.

    Parameters
    ----------
    panel
        What was drawn; its drawing is changed.
    settings
        What its data were analysed with. A panel that needs no recordings stays as it is.
    """
    if settings == PUBLISHED or panel.computed:
        return panel
    for ax in panel.drawing.axes:
        ax.set_xlabel(label(ax.get_xlabel(), settings))
        ax.set_ylabel(label(ax.get_ylabel(), settings))
    for text in panel.drawing.texts:
        text.set_text(_share(text.get_text(), settings))
    words = f"{NOTICE}: {settings.words()}"
    write_above(panel.drawing, words, COLOR)
    caption = _share(panel.caption, settings)
    return replace(panel, caption=caption, notes=(f"{words}.", *panel.notes))


def label(text: str, settings: AnalysisSettings) -> str:
    """The label of an axis, with the windows and the share of the rise that were used.

    Parameters
    ----------
    text
        With the paper's.
    settings
        Those of the analysis.

    Examples
    --------
    >>> label("Response (events/s)", AnalysisSettings(evoked=(60, 180)))
    'Response in 60-180 ms (events/s)'
    >>> label("Blocks to 80 % of rise", AnalysisSettings(rise_share=0.5))
    'Blocks to 50 % of rise'
    """
    window, baseline = in_ms(settings.evoked), settings.baseline
    if settings.evoked != PUBLISHED.evoked:
        text = re.sub(f"^({'|'.join(RATES)})", rf"\g<0> in {window}", text)
        text = text.replace("50–200 ms", window)
    if baseline != BASELINE and text.startswith("Firing Rate") and text.endswith("(events/s)"):
        text += f", baseline in {in_ms(baseline)}"
    return _share(text, settings)


def _share(text: str, settings: AnalysisSettings) -> str:
    return text.replace("80 %", f"{100 * settings.rise_share:g} %")
