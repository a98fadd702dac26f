"""`ExperimentEvolution`, the published class: one unit, one generator, and the published files."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from core.errors import SampleError
from core.experiments.evolution.loop import Evolution, evolve
from core.experiments.evolution.noise import Noise
from core.experiments.evolution.record import EvolutionRecord, read_evolution
from core.experiments.evolution.threads import Thread
from core.files import replacing
from core.generators.by_name import load_generator
from core.generators.protocol import Generator
from core.images.canvas import resize_and_pad_canvas
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.protocol import Optimizer
from core.plotting.trajectory import visualize_trajectory
from core.probing.scorer import Scorer
from core.probing.unit_responses import UnitResponses, unit_label
from core.progress import progress

N_COMPONENTS = 50
"""Principal components of `analyze_traj`."""


class ExperimentEvolution:
    """Evolve images for one unit of a network, on a grey canvas of the network's size.

    Parameters
    ----------
    model_unit
        (network, layer, channel) or (network, layer, channel, row, column); the network is a name
        or a module.
    max_step
        Generations, the first codes counted.
    imgsize, corner
        (rows, columns) of the image on the canvas, and (row, column) of its upper left pixel.
    optimizer
        By default CholeskyCMAES from zero with sigma 3, as published for fc6.
    savedir, explabel
        Folder and label of the files. The HDF5 file ``Evolution_{explabel}.h5`` grows with the
        evolution; if it is there, the evolution goes on from it.
    GAN
        "fc6", "BigGAN", or a generator.
    device
        By default CUDA when present, else the CPU.
    noise, seed
        Level of multiplicative noise, ``"poisson"`` or a `PoissonNoise`, and its seed, which is
        also that of the default optimizer.
    pretrained
        Whether a generator made by name has its published weights.

    Attributes
    ----------
    codes_all : (M, D)
    scores_all, generations : (M,)
        After `run` or `load_traj`: all codes, what the optimizer saw of them, and their generation.
        With a single first code, M is 1 + (max_step - 1) lambda. What the last generation proposed
        is not evaluated.
    """

    def __init__(
        self,
        model_unit: tuple,
        max_step: int = 100,
        imgsize: tuple[int, int] = (227, 227),
        corner: tuple[int, int] = (0, 0),
        optimizer: Optimizer | None = None,
        savedir: str | Path = "",
        explabel: str = "",
        GAN: str | Generator = "fc6",  # noqa: N803 (published name)
        device: Any = None,
        *,
        noise: Noise = 0.0,
        seed: int = 0,
        pretrained: bool = True,
    ):
        network, layer, *position = model_unit
        self.scorer = Scorer(network, device=device)
        self.respond = UnitResponses(self.scorer, [(layer, *position)])
        name = network if isinstance(network, str) else type(network).__name__
        self.unit = unit_label(name, layer, position)
        self.max_step = max_step
        self.imgsize, self.corner = tuple(imgsize), tuple(corner)
        self.G = _generator(GAN, device, pretrained)
        n = self.G.latent_dim
        self.optimizer = optimizer or CholeskyCMAES(
            n, init_sigma=3.0, init_code=np.zeros(n), Aupdate_freq=10, random_seed=seed
        )
        self.savedir, self.explabel = Path(savedir), explabel
        self.noise, self.seed = noise, seed
        self.codes_all = self.scores_all = self.generations = None

    def run(self, init_code: np.ndarray | None = None) -> EvolutionRecord:
        """Evolve from `init_code`, (n, D), by default the optimizer's first codes or one of zeros.

        Raises
        ------
        StateError
            If the folder holds an evolution of this label with other settings.
        """
        start = self.optimizer.get_init_pop() if init_code is None else np.atleast_2d(init_code)
        if start is None:
            start = np.zeros((1, self.G.latent_dim))
        evolution = Evolution(
            path=self.path,
            unit=self.unit,
            threads=[Thread("GAN", self.G, self.optimizer, start)],
            noise=self.noise,
            seed=self.seed,
            notes={"imgsize": list(self.imgsize), "corner": list(self.corner)},
        )
        steps = iter(progress(range(self.max_step), self.max_step, "generations"))
        (record,) = evolve(
            [evolution],
            self.respond,
            self.max_step,
            place=self._on_canvas,
            after_block=lambda: next(steps, None),
        )
        self._take(record)
        return record

    @property
    def path(self) -> Path:
        """The evolution's HDF5 file."""
        return self._file("Evolution", "h5")

    def load_traj(self, path: str | Path | None = None) -> None:
        """Take codes and scores from an evolution's HDF5 file, by default this one's."""
        self._take(read_evolution(self.path if path is None else Path(path)))

    def save_last_gen(self) -> Path:
        """Write best code and last generation as ``Evolution_codes_{explabel}.npz``.

        It holds ``best_code`` (1, D), ``best_score``, ``lastgen_codes`` (1, D), the mean of the
        last generation, and ``lastgen_score``.
        """
        self._check_run()
        best = int(np.argmax(self.scores_all))
        last = self.generations == self.generations.max()
        path = self._file("Evolution_codes", "npz")
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                best_code=self.codes_all[best][None],
                best_score=self.scores_all[best],
                lastgen_codes=self.codes_all[last].mean(axis=0, keepdims=True),
                lastgen_score=self.scores_all[last].mean(),
            )
        return path

    def visualize_best(self, show: bool = False) -> Figure:
        """Best image, alone and on the canvas; saved as ``Best_Img_{explabel}.png``."""
        self._check_run()
        best = int(np.argmax(self.scores_all))
        images = self.G.images(self.codes_all[best][None])
        figure, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
        for ax, shown in zip(axes, (images, self._on_canvas(images)), strict=True):
            ax.imshow(shown[0].permute(1, 2, 0).cpu().numpy())
            ax.axis("off")
        generation, score = self.generations[best], self.scores_all[best]
        figure.suptitle(f"{self.unit}\ngeneration {generation}, score {score:.3g}", fontsize=9)
        return self._saved(figure, "Best_Img", show)

    def visualize_trajectory(self, show: bool = False) -> Figure:
        """Scores by generation; saved as ``Evolv_Traj_{explabel}.png``."""
        self._check_run()
        figure = visualize_trajectory(self.scores_all, self.generations, title_str=self.unit)
        return self._saved(figure, "Evolv_Traj", show)

    def analyze_traj(self) -> dict[str, np.ndarray | float]:
        """Principal components of all codes.

        Returns
        -------
        dict
            ``coordinates`` (M, k) and ``components`` (k, D) of the first 50 components,
            ``explained_variance_ratio`` (k,), and ``sphere_norm``, the mean norm of the last
            generation. The sign of the first component makes the last code's coordinate positive.
        """
        self._check_run()
        codes = np.asarray(self.codes_all, dtype=float)
        k = min(N_COMPONENTS, min(codes.shape) - 1)
        pca = PCA(k, svd_solver="arpack", random_state=0)
        coordinates, components = pca.fit_transform(codes), pca.components_
        if coordinates[-1, 0] < 0:
            coordinates[:, 0] *= -1
            components[0] *= -1
        last = self.generations == self.generations.max()
        return {
            "coordinates": coordinates,
            "components": components,
            "explained_variance_ratio": pca.explained_variance_ratio_,
            "sphere_norm": float(np.linalg.norm(codes[last], axis=1).mean()),
        }

    def _on_canvas(self, images: torch.Tensor) -> torch.Tensor:
        return resize_and_pad_canvas(images, self.corner, self.imgsize, self.scorer.inputsize)

    def _take(self, record: EvolutionRecord) -> None:
        (thread,) = record.threads
        self.codes_all, self.scores_all = thread.codes, thread.scores
        self.generations = thread.generations

    def _check_run(self) -> None:
        if self.scores_all is None or len(self.scores_all) == 0:
            raise SampleError(
                path=self.unit, expected="an evolution", found="none", advice="`run` it first"
            )

    def _file(self, kind: str, extension: str) -> Path:
        return self.savedir / f"{kind}_{self.explabel}.{extension}"

    def _saved(self, figure: Figure, kind: str, show: bool) -> Figure:
        with replacing(self._file(kind, "png")) as temporary:
            figure.savefig(temporary, dpi=150)
        if show:
            plt.show()
        return figure


def _generator(generator: str | Generator, device: Any, pretrained: bool) -> Generator:
    if isinstance(generator, Generator):
        return generator
    return load_generator(generator, pretrained=pretrained, device=device)
