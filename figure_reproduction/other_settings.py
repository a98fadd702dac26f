"""Panels of an analysis that was set otherwise than the paper's: they say so, and name its window.

Panels are drawn with the paper's labels; those that state a window or the share of a rise are
written anew afterwards.
"""

from dataclasses import replace

from core.plotting.style import write_above
from core.statistics.analysis import PUBLISHED, AnalysisSettings, in_ms
from figure_reproduction.panels import Panel

NOTICE = "OTHER SETTINGS"

COLOR = "tab:brown"

LABELS = {
    "Response (events/s)": "Response in {window} (events/s)",
    "Response (share of the largest block mean)": (
        "Response in {window}\n(share of the largest block mean)"
    ),
    "Response (share of the largest)": "Response in {window}\n(share of the largest)",
    "Max Normalized response": "Max Normalized response\n({window})",
    "PSTH (share of the largest)": "PSTH (share of the\nlargest {window} rate)",
    "Max Normalized PSTH": "Max Normalized PSTH\n(by {window})",
    "Firing Rate (events/s)": "Firing Rate (events/s)\nevoked {window}, baseline {baseline}",
    "Share of the rise": "Share of the rise\n(best block by {window})",
    "Fraction of activation difference": "Fraction of activation\ndifference (by {window})",
}
"""Labels of axes that show rates in a window, or shares of them, and how they name it."""


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
        ax.set_xlabel(axis_label(ax.get_xlabel(), settings))
        ax.set_ylabel(axis_label(ax.get_ylabel(), settings))
    for text in panel.drawing.texts:
        text.set_text(_share(text.get_text(), settings))
    write_above(panel.drawing, f"{NOTICE}: {settings.short}", COLOR)
    note = f"Other settings than the paper's: {settings.words()}."
    return replace(panel, caption=_share(panel.caption, settings), notes=(note, *panel.notes))


def axis_label(text: str, settings: AnalysisSettings) -> str:
    """The label of an axis, with the windows and the share of the rise that were used.

    Parameters
    ----------
    text
        With the paper's.
    settings
        Those of the analysis.

    Examples
    --------
    >>> axis_label("Response (events/s)", AnalysisSettings(evoked=(60, 180)))
    'Response in 60-180 ms (events/s)'
    >>> axis_label("Blocks to 80 % of rise", AnalysisSettings(rise_share=0.5))
    'Blocks to 50 % of rise'
    """
    window, baseline = in_ms(settings.evoked), in_ms(settings.baseline)
    if (settings.evoked, settings.baseline) != (PUBLISHED.evoked, PUBLISHED.baseline):
        known = text in LABELS
        text = LABELS[text].format(window=window, baseline=baseline) if known else text
        text = text.replace("50–200 ms", window)
    return _share(text, settings)


def _share(text: str, settings: AnalysisSettings) -> str:
    return text.replace("80 %", f"{100 * settings.rise_share:g} %")
