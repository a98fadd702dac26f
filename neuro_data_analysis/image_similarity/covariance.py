"""Covariance of a network's features with a unit's responses, and how alike it is in two threads.

For every channel and position of a layer: the Pearson correlation of the feature with the response
over trials, its t value, and the feature's SD. Correlation times SD is the covariance tensor,
(channels, rows, columns), up to the SD of the response. It is computed in one pass over batches of
images; only sums are kept, in float64.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from core.contract.fig3 import COVARIANCE_MAPS, COVARIANCE_SUMMARIES
from core.errors import ImageError, SampleError
from core.statistics.similarity import correlation, cosine_similarity
from neuro_data_analysis.image_similarity import networks
from neuro_data_analysis.image_similarity.features import with_axes

MIN_TRIALS = 3
"""Fewest trials; fewer leave the t value without degrees of freedom."""

ROUNDING = 1e-14
"""Share of the mean below which a spread is none."""

SMALLEST_T = 3.0
"""|t| below which covariance counts as none in the ``thr`` statistics."""

Trials = tuple[Iterable[np.ndarray], Sequence[float]]
"""Images, (rows, columns, 3) each, and the response to each (events/s)."""


@dataclass(frozen=True)
class CovarianceTensor:
    """Feature-response covariance of one layer; arrays (channels, rows, columns), float64.

    Attributes
    ----------
    correlation
        Pearson correlation over trials; NaN where the feature or the response does not vary.
    t
        Its t value, n - 2 degrees of freedom.
    std
        Standard deviation of the feature (ddof 0).
    n_trials
    """

    correlation: np.ndarray
    t: np.ndarray
    std: np.ndarray
    n_trials: int

    @property
    def covariance(self) -> np.ndarray:
        """Correlation times SD, 0 where the correlation is undefined."""
        return np.nan_to_num(self.correlation) * self.std

    def thresholded(self, smallest_t: float = SMALLEST_T) -> np.ndarray:
        """The covariance with 0 where |t| is below a limit.

        Examples
        --------
        >>> tensor = CovarianceTensor(np.array([0.5, 0.9]), np.array([2.0, 8.0]), np.ones(2), 20)
        >>> tensor.thresholded()
        array([0. , 0.9])
        """
        return np.where(np.abs(self.t) >= smallest_t, self.covariance, 0.0)


class RunningCovariance:
    """Moments of features and responses, updated batch by batch (Chan, Golub & LeVeque 1983).

    Each batch is centred on its own mean before it is squared, so that nothing cancels.
    """

    def __init__(self):
        self.n = 0
        self._mean = self._squares = self._products = 0.0
        self._mean_response = self._response_squares = 0.0

    def add(self, features: torch.Tensor, responses: np.ndarray) -> None:
        """Take in a batch.

        Parameters
        ----------
        features : (b, ...)
            The sums are kept where they are.
        responses : (b,)
            events/s.
        """
        if features.device.type == "mps":  # has no float64
            features = features.cpu()
        features = features.double()
        response = features.new_tensor(responses)
        mean, mean_response = features.mean(dim=0), float(response.mean())
        features, response = features - mean, response - mean_response
        products = response.reshape(1, -1).mm(features.flatten(1)).reshape(mean.shape)
        n, total = len(features), self.n + len(features)
        step, response_step = mean - self._mean, mean_response - self._mean_response
        weight = self.n * n / total
        self._mean = self._mean + step * (n / total)
        self._squares = self._squares + features.square().sum(dim=0) + step.square() * weight
        self._products = self._products + products + step * (response_step * weight)
        self._mean_response += response_step * n / total
        self._response_squares += float(response.square().sum()) + response_step**2 * weight
        self.n = total

    def tensor(self) -> CovarianceTensor:
        """What was taken in so far.

        Raises
        ------
        SampleError
            If that is fewer than 3 trials.

        Examples
        --------
        >>> running = RunningCovariance()
        >>> running.add(torch.tensor([[1.0], [2.0], [3.0], [5.0]]), np.array([2.0, 4.0, 6.0, 10.0]))
        >>> running.tensor().correlation.round(6)
        array([1.])
        """
        if self.n < MIN_TRIALS:
            raise SampleError(expected=f"at least {MIN_TRIALS} trials", found=self.n)
        std = self._std(self._squares.cpu().numpy(), self._mean.cpu().numpy())
        response_std = self._std(self._response_squares, self._mean_response)
        covariance = self._products.cpu().numpy() / self.n
        varies = (std > 0) & (response_std > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            pearson = np.clip(np.where(varies, covariance / std / response_std, np.nan), -1, 1)
            t = pearson * np.sqrt((self.n - 2) / (1 - pearson**2))
        return CovarianceTensor(pearson, t, std, self.n)

    def _std(self, squares: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Standard deviation (ddof 0); 0 where it is no more than rounding of the mean."""
        std = np.sqrt(squares / self.n)
        return np.where(std > ROUNDING * np.abs(mean), std, 0.0)


def covariance_tensors(
    network: networks.FeatureNetwork,
    images: Iterable[np.ndarray],
    responses: Sequence[float],
    layers: Mapping[str, str] | None = None,
    batch_size: int = 32,
) -> dict[str, CovarianceTensor]:
    """Covariance tensors of a network's layers with responses, in one pass over the images.

    Parameters
    ----------
    network
        The network; images are brought to where it is.
    images
        One per trial, (rows, columns, 3), of one size; they may come from a generator.
    responses : (n_trials,)
        events/s.
    layers
        Paths of layers with maps, by name; by default the network's ``features.covariance``.
    batch_size
        Images in a forward pass.

    Raises
    ------
    SampleError
        If there is not one finite response for each image, or fewer than 3.
    ImageError
        If the images have several sizes, hold NaN or are not in [0, 1].
    LayerError
        If the network has no such layer, or a layer puts out no maps.
    """
    layers = network.features.covariance if layers is None else layers
    responses = np.asarray(responses, dtype=float)
    if responses.ndim != 1 or not np.isfinite(responses).all():
        raise SampleError(expected="one finite response for each image", found="others")
    running = {name: RunningCovariance() for name in layers}
    n_seen, size = 0, None
    with networks.watching(network, list(layers.values())) as fetcher:
        for batch in _batches(images, batch_size):
            n_seen += len(batch)
            if n_seen > len(responses):
                break
            shown = networks.as_images(batch)
            size = size or shown.shape[2:]
            if shown.shape[2:] != size:
                raise ImageError(
                    expected="images of one size",
                    found=f"{tuple(size)} and {tuple(shown.shape[2:])}",
                )
            outputs = networks.batch_outputs(
                fetcher,
                shown,
                list(layers.values()),
                network.preprocessing,
                network.size,
            )
            for name, layer in layers.items():
                maps = with_axes(outputs[layer], 4, "maps (n, C, H, W)", layer)
                running[name].add(maps, responses[n_seen - len(batch) : n_seen])
    if n_seen != len(responses):
        raise SampleError(
            expected=f"one image for each of {len(responses)} responses",
            found="more" if n_seen > len(responses) else n_seen,
        )
    return {name: covariance.tensor() for name, covariance in running.items()}


def tensor_similarity(
    fc: CovarianceTensor, bg: CovarianceTensor, *, legacy_nan: bool = False
) -> dict[str, float]:
    """The 25 statistics of the similarity of two covariance tensors of a layer.

    ``cov_corr`` correlates the whole tensors. The others summarise a map over positions by mean,
    maximum and 0.9 quantile: the correlation along channels (or the cosine similarity, ``cos``), of
    the whole map or of its middle (``crop``: ``[int(0.1 n):int(0.9 n)]`` of rows and columns), as
    it is or without covariance of |t| < 3 (``thr``).

    Parameters
    ----------
    fc, bg
        Tensors of the two threads, of one shape.
    legacy_nan
        Let a position without covariance (NaN in the map) make the quantile NaN, as published. By
        default it is left out, as from the mean and the maximum.

    Returns
    -------
    dict
        By the endings of the columns, in the order of the table.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> tensor = CovarianceTensor(*rng.uniform(0.1, 0.9, (3, 4, 10, 10)), n_trials=20)
    >>> tensor_similarity(tensor, tensor)["cov_corr"]
    1.0
    """
    tensors = {"": (fc.covariance, bg.covariance), "thr_": (fc.thresholded(), bg.thresholded())}
    maps = {
        f"{measure}{kind}": compare(*pair, axis=0)
        for kind, pair in tensors.items()
        for measure, compare in (("", correlation), ("cos_", cosine_similarity))
    }
    statistics = {"cov_corr": float(correlation(*(t.ravel() for t in tensors[""])))}
    for kind in COVARIANCE_MAPS:
        of_kind = maps[kind.replace("crop_", "")]
        of_kind = _middle(of_kind) if "crop_" in kind else of_kind
        numbers = summaries(of_kind, legacy_nan=legacy_nan)
        statistics |= {f"{kind}{name}": number for name, number in numbers.items()}
    return statistics


def summaries(values: np.ndarray, *, legacy_nan: bool = False) -> dict[str, float]:
    """Mean, maximum and 0.9 quantile of a map without its NaN; NaN where nothing is left.

    Parameters
    ----------
    values : (rows, columns)
        Similarity at every position.
    legacy_nan
        Let a NaN in the map make the quantile NaN, as published.

    Examples
    --------
    >>> summaries(np.array([[0.0, np.nan], [1.0, 0.5]]))
    {'mean': 0.5, 'max': 1.0, 'q9': 0.9}
    """
    defined = values[~np.isnan(values)]
    if defined.size == 0:
        return dict.fromkeys(COVARIANCE_SUMMARIES, np.nan)
    undefined_quantile = legacy_nan and defined.size < values.size
    numbers = (
        defined.mean(),
        defined.max(),
        np.nan if undefined_quantile else np.quantile(defined, 0.9),
    )
    return dict(zip(COVARIANCE_SUMMARIES, map(float, numbers), strict=True))


def covariance_similarity(
    network: networks.FeatureNetwork,
    fc: Trials,
    bg: Trials,
    layers: Mapping[str, str] | None = None,
    *,
    batch_size: int = 32,
    legacy_nan: bool = False,
) -> dict[str, dict[str, float]]:
    """Similarity of the two threads' covariance tensors: the 25 statistics by layer.

    Parameters
    ----------
    network
        The network; images are brought to where it is.
    fc, bg
        Images and responses (events/s) of thread 0 and thread 1.
    layers
        Paths of layers with maps, by name; by default the network's ``features.covariance``.
    batch_size
        Images in a forward pass.
    legacy_nan
        Let a position without covariance make the quantile NaN, as published.

    Raises
    ------
    SampleError
        If there is not one finite response for each image, or fewer than 3.
    ImageError, LayerError
        If the images or the layers cannot be used.
    """
    tensors = [covariance_tensors(network, *trials, layers, batch_size) for trials in (fc, bg)]
    return {
        name: tensor_similarity(tensors[0][name], tensors[1][name], legacy_nan=legacy_nan)
        for name in tensors[0]
    }


def _middle(values: np.ndarray) -> np.ndarray:
    return values[tuple(slice(int(0.1 * n), int(0.9 * n)) for n in values.shape)]


def _batches(images: Iterable[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    images = iter(images)
    while batch := list(islice(images, size)):
        yield batch
