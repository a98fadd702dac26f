"""The report: what was drawn from what, and how each published number came out."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "differences": ["Unlike", "unlike_the_paper"],
        "errata": ["Contradiction", "contradictions"],
        "inputs": ["about", "source_files"],
        "page": ["write_page", "write_report"],
        "panels": ["FigureReport", "PanelReport", "figure_report"],
        "provenance": ["RunData", "run_data"],
        "saved": ["load_run", "save_run"],
        "verdicts": ["short_answer"],
    },
)
