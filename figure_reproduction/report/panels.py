"""Figures and panels as the page shows them: pictures, numbers, files, what to say of each."""

from collections import Counter
from dataclasses import dataclass

from core.contract.provenance import Origin
from core.figures import FIGURES
from figure_reproduction.comparison import (
    AVERAGED,
    DIFFERS,
    INFORMATIVE,
    OTHER_SETTINGS,
    SIMULATED,
    SUBSTITUTES,
    TWINS,
    WITHHELD,
    Compared,
    compare,
    compare_regenerated,
)
from figure_reproduction.report.provenance import command, files_of_panel
from figure_reproduction.report.verdicts import is_published
from figure_reproduction.report.words import whole_id
from figure_reproduction.results import FigureResult, SavedPanel, SourceFile

ORIGIN_UNKNOWN = (
    "Origin unknown: of some of these files provenance.json holds no record, or another checksum, "
    "or only that they were imported. `./reproduce download` compares them with OSF's."
)

MANY = 40
"""Numbers of a panel that are folded where all agree."""

KEY_NUMBERS = {
    "2B": (
        *("fig2b.DeePSim.evoked.block1.mean", "fig2b.DeePSim.evoked.block23.mean"),
        *("fig2b.BigGAN.evoked.block1.mean", "fig2b.BigGAN.evoked.block23.mean"),
    ),
    "2D": ("fig2d.n_blocks", "fig2d.offset"),
    "3G": (
        "fig3g.cosine_reevol_resnet_avgpool.psth_MAE.r",
        "fig3g.reevol_pix_RNrobust_L4focus.psth_MAE.r",
        "fig3g.reevol_pix_RNrobust_L4focus.act_MAE.r",
        "fig3g.cosine_reevol_resnet_avgpool.act_MAE.r",
    ),
    "4A": tuple(
        f"fig4a.{area}.{thread}.successes"
        for area in ("V1", "V4", "IT")
        for thread in ("DeePSim", "BigGAN")
    ),
    "4B": tuple(
        f"fig4b.{block}.{area}.t" for block in ("initial", "final") for area in ("V1", "V4", "IT")
    ),
    "4C": (
        *("fig4c.V1.DeePSim.mean.block40", "fig4c.V1.BigGAN.mean.block40"),
        *("fig4c.V4.DeePSim.mean.block40", "fig4c.V4.BigGAN.mean.block40"),
        *("fig4c.IT.DeePSim.mean.block20", "fig4c.IT.BigGAN.mean.block20"),
    ),
    "4D": (
        *("fig4d.V1.DeePSim.mean", "fig4d.V4.DeePSim.mean", "fig4d.V4.BigGAN.mean"),
        *("fig4d.IT.DeePSim.mean", "fig4d.IT.BigGAN.mean"),
    ),
    "5A": ("fig5a.block00.V1.n", "fig5a.block00.V4.n", "fig5a.block00.IT.n"),
    "5C": (
        *("fig5c.V4.n", "fig5c.IT.n", "fig5c.w60_70.V4.nsig_deepsim_gt_biggan"),
        "fig5c.w60_70.IT.nsig_deepsim_gt_biggan",
        "fig5c.w180_190.IT.nsig_biggan_gt_deepsim",
    ),
    "6C": ("fig6c.gauss.R2", "fig6c.gpr.R2", "fig6c.ols.R2", "fig6c.anova.F", "fig6c.anova.p"),
    "6D": (
        *("fig6d.success.clim_low", "fig6d.success.clim_high"),
        *("fig6d.fail.clim_low", "fig6d.fail.clim_high"),
    ),
    "6E": (
        *("fig6e.shape.success.bellshaped.count", "fig6e.shape.nonsuccess.bellshaped.count"),
        *("fig6e.shape.success.monotonic.count", "fig6e.shape.nonsuccess.monotonic.count"),
        *("fig6e.peak.success.bin0p0.count", "fig6e.peak.nonsuccess.bin0p0.count"),
    ),
    "Ext. 1A": ("ext1a.n_generated", "ext1a.n_natural"),
    "Ext. 1B": ("ext1b.n_units", "ext1b.n_images"),
    "Ext. 1C": ("ext1c.DeePSim.median", "ext1c.BigGAN.median", "ext1c.p"),
    "Ext. 1D": ("ext1d.DeePSim.median", "ext1d.BigGAN.median", "ext1d.r"),
    "Ext. 4B": (
        *("ext4b.bin50.IT.t75ms.t", "ext4b.bin50.IT.t75ms.p_fdr"),
        *("ext4b.bin50.IT.t125ms.t", "ext4b.bin50.IT.t125ms.p_fdr"),
        "ext4b.bin50.V4.nsig_fdr",
    ),
    "Ext. 4C": (
        *("ext4c.V4.n", "ext4c.IT.n", "ext4c.w50_100.V4.nsig_deepsim_gt_biggan"),
        "ext4c.w50_100.IT.nsig_deepsim_gt_biggan",
        "ext4c.w150_200.IT.nsig_biggan_gt_deepsim",
    ),
    "Ext. 5C": (
        *("ext5c.Adam.dim2.depth8.mean", "ext5c.Adam.dim2.depth32.mean"),
        *("ext5c.Adam.dim256.depth4.mean", "ext5c.CMAES.dim2.depth48.mean"),
        *("ext5c.CMAES.dim8.depth16.mean", "ext5c.CMAES.dim128.depth0.mean"),
    ),
    "Ext. 5D": tuple(
        f"ext5d.BigGAN.{group}.{half}.spearman_r"
        for group in ("NonReLU", "ReLU")
        for half in ("Test_R2", "Test_R2_class", "Test_R2_noise")
    ),
    "Ext. 5E": tuple(
        f"ext5e.DeePSim.{group}.Test_R2{part}.spearman_r"
        for group in ("NonReLU", "ReLU")
        for part in ("", "_top_Hess512", "_null_Hess512")
    ),
    "Ext. 5D/E": ("ext5de.n_rows",),
}
"""Ids of the numbers that stand beside a panel's picture; all others are folded."""

SUBJECTS = {
    "2B": "one experiment, rate by block",
    "2D": "one experiment, time courses by block",
    "3G": "similar prototypes, similar responses?",
    "4A": "share of evolutions that succeed",
    "4B": "the two threads, first and last block",
    "4C": "mean trajectories",
    "4D": "speed of the evolutions",
    "5A": "time courses, first and last block",
    "5C": "trajectories by time window",
    "6C": "one tuning axis and its fits",
    "6D": "tuning maps of two recordings",
    "6E": "shapes and peaks of tuning",
    "Ext. 1A": "images of the generators and natural ones",
    "Ext. 1B": "low-level statistics of evolved images",
    "Ext. 1C": "photographs made again",
    "Ext. 1D": "highest activations",
    "Ext. 4B": "increase by time bin",
    "Ext. 4C": "trajectories by window length",
    "Ext. 5C": "optimisation by depth and dimension",
    "Ext. 5D": "linearity of BigGAN's codes",
    "Ext. 5E": "linearity of DeePSim's codes",
    "Ext. 5D/E": "sizes of both tables",
}
"""What a panel shows, in a few words."""


@dataclass(frozen=True)
class PanelReport:
    """The pictures of one published panel, the numbers that it states, its files and command.

    `regenerated` are numbers of computed tables beside those of the figure's folder; `unavailable`
    says why the panel, or a picture of it, is not drawn.
    """

    panel: str
    pictures: tuple[SavedPanel, ...]
    numbers: tuple[Compared, ...]
    regenerated: tuple[Compared, ...]
    unavailable: str
    simulated: bool
    files: tuple[SourceFile, ...]
    command: str

    @property
    def anchor(self) -> str:
        """Name of its place on the page, the same in every run.

        Examples
        --------
        >>> PanelReport("Ext. 5D/E", (), (), (), "", False, (), "").anchor
        'panel-ext5DE'
        """
        name = self.panel.replace("Ext. ", "ext").replace("/", "")
        return f"panel-{name}"

    @property
    def subject(self) -> str:
        """What it shows."""
        return SUBJECTS.get(self.panel, "")

    @property
    def key_numbers(self) -> tuple[Compared, ...]:
        """The few that stand beside the picture, and any that differ where these are few."""
        wanted = KEY_NUMBERS.get(self.panel, ())
        known = {c.published.id: c for c in self.numbers}
        return tuple(known[name] for name in wanted if name in known)

    @property
    def published(self) -> tuple[Compared, ...]:
        """Numbers that the published panel shows."""
        return tuple(c for c in self.numbers if is_published(c.published))

    @property
    def others(self) -> tuple[Compared, ...]:
        """Numbers of the authors' annotated version or notebook."""
        return tuple(c for c in self.numbers if not is_published(c.published))

    @property
    def tally(self) -> Counter:
        """How often each verdict was given to what the published panel shows."""
        return Counter(c.verdict for c in self.published)

    @property
    def opens(self) -> bool:
        """Whether its numbers are unfolded: compared ones, unless many and none of them differs."""
        few = len(self.published) <= MANY or self.tally[DIFFERS]
        return bool(few) and not self.simulated

    def whole(self, compared: Compared) -> Compared | None:
        """The number of which a count is a part; None where there is none."""
        wanted = whole_id(compared.published.id)
        return next((c for c in self.numbers if c.published.id == wanted), None) if wanted else None


@dataclass(frozen=True)
class FigureReport:
    """One figure with its panels."""

    title: str
    result: FigureResult
    panels: tuple[PanelReport, ...]

    @property
    def numbers(self) -> tuple[Compared, ...]:
        """Every published number of the figure, compared."""
        return tuple(compared for panel in self.panels for compared in panel.numbers)

    @property
    def verdicts(self) -> Counter:
        """How often each verdict was given."""
        return Counter(compared.verdict for compared in self.numbers)

    @property
    def simulated(self) -> bool:
        """Whether any panel is."""
        return any(panel.simulated for panel in self.panels)

    @property
    def in_order(self) -> tuple[PanelReport, ...]:
        """Panels by letter, those that two share last; `panels` are in the order of the list."""
        return tuple(sorted(self.panels, key=lambda panel: ("/" in panel.panel, panel.panel)))

    @property
    def real_panels(self) -> tuple[PanelReport, ...]:
        """Panels that are not drawn from simulated recordings."""
        return tuple(panel for panel in self.in_order if not panel.simulated)

    @property
    def simulated_panels(self) -> tuple[PanelReport, ...]:
        """Panels that are."""
        return tuple(panel for panel in self.in_order if panel.simulated)

    @property
    def computed(self) -> bool:
        """Whether no recordings enter it."""
        return self.result.origin in (Origin.COMPUTED, Origin.SUBSTITUTES)

    @property
    def not_simulated(self) -> tuple[str, ...]:
        """Drawn panels of a simulated figure that carry no mark."""
        if not self.simulated:
            return ()
        return tuple(p.panel for p in self.panels if p.pictures and not p.simulated)

    @property
    def reservations(self) -> tuple[str, ...]:
        """Sentences that say why a verdict on this figure is not plain."""
        n_failed = len(self.result.contradictions)
        return (
            *([f"Not as published: {self.result.settings}."] if self.result.settings else []),
            *([ORIGIN_UNKNOWN] if self.of_unknown_origin else []),
            *([f"Verdicts are withheld: {n_failed} of the checks below failed."] * bool(n_failed)),
        )

    @property
    def of_unknown_origin(self) -> bool:
        """Whether it was drawn from files of unknown origin."""
        return self.result.origin is Origin.UNKNOWN and not self.result.problem


def figure_report(result: FigureResult) -> FigureReport:
    """Everything that the page says about one figure.

    Examples
    --------
    >>> figure_report(FigureResult("ext4", None, Origin.UNKNOWN, problem="no data")).title
    'Extended Data Figure 4'
    """
    numbers, regenerated = compare(result), compare_regenerated(result)
    names = dict.fromkeys(
        [_panel(result, compared) for compared in numbers]
        + [panel.panel for panel in result.panels]
        + list(result.unavailable)
    )
    return FigureReport(
        title=FIGURES[result.figure].title,
        result=result,
        panels=tuple(_panel_report(result, name, numbers, regenerated) for name in names),
    )


def _panel_report(
    result: FigureResult, name: str, numbers: list[Compared], regenerated: list[Compared]
) -> PanelReport:
    figure = FIGURES[result.figure]
    pictures = tuple(panel for panel in result.panels if panel.panel == name)
    of_panel = tuple(c for c in numbers if _panel(result, c) == name)
    computed = any(compared.regenerated for compared in of_panel)
    if pictures:
        simulated = any(picture.simulated for picture in pictures)
    else:
        simulated = result.simulated and not computed and name not in result.unavailable
    letter = name.removeprefix(figure.label)
    files = files_of_panel(result.files, letter)
    return PanelReport(
        panel=name,
        pictures=pictures,
        numbers=of_panel,
        regenerated=tuple(c for c in regenerated if _panel(result, c) == name),
        unavailable=result.unavailable.get(name, ""),
        simulated=simulated,
        files=tuple(f for f in files if simulated or not computed or "computed" in f.origin),
        command=command(figure, result.origin, letter),
    )


def _panel(result: FigureResult, compared: Compared) -> str:
    """Panel of a published number as pictures are named, say ``4B`` or ``Ext. 5C``."""
    return FIGURES[result.figure].panel(compared.published.letter)


def verdict_class(verdict: str) -> str:
    """Word for a verdict that styles and filters know.

    Examples
    --------
    >>> verdict_class("not comparable: simulated"), verdict_class("agrees, origin unknown")
    ('simulated', 'agrees')
    """
    words = {
        SIMULATED: "simulated",
        TWINS: "simulated",
        SUBSTITUTES: "substitutes",
        AVERAGED: "averaged",
        OTHER_SETTINGS: "settings",
        WITHHELD: "withheld",
        INFORMATIVE: "informative",
    }
    plain = verdict.partition(",")[0]
    return words.get(verdict, {DIFFERS: "differs", "agrees": "agrees"}.get(plain, "none"))
