"""A recorded site: what it is tuned to, how strongly and when it responds.

Model: docs/simulation.md.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from core.statistics.windows import EVOKED
from neuro_data_analysis.simulation.descriptors import Descriptor
from neuro_data_analysis.simulation.parameters import N_GROUP, Kernel, Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles
from neuro_data_analysis.simulation.spikes import N_DRAWN, SMOOTHING_REACH
from neuro_data_analysis.simulation.world import GROUPS, World, orthonormal_rows, unit_vector

Features = dict[str, np.ndarray]
"""(n_images, 12) for each of texture, object, other."""


@dataclass(frozen=True)
class Site:
    """One preferred unit.

    `frames` are (12, k), `preferred` and `offsets` (k,) per feature group; the offsets shift images
    of the texture generator. `kernels` is (2, 212): early and late, each weighted by its share.
    `exponent` of the drive makes gains large or small, whatever generator makes the images.
    Rates are in events/s.
    """

    width: float
    frames: dict[str, np.ndarray]
    preferred: dict[str, np.ndarray]
    offsets: dict[str, np.ndarray]
    object_weights: np.ndarray
    tuned_to_other: bool
    kernels: np.ndarray
    exponent: float
    response: float
    baseline: float
    trial_cv: float

    def drives(self, features: Features, from_texture_generator: bool) -> np.ndarray:
        """Early and late drive of each image, between 0 and 1.

        Parameters
        ----------
        features
            Features of the images by group, (n_images, 12) each.
        from_texture_generator
            Whether the images come from the texture space, whose images the offsets shift.

        Returns
        -------
        (n_images, 2)
        """
        if self.tuned_to_other:
            match = self._match("other", features, from_texture_generator)
            return np.stack([match, match], axis=1)
        texture = self._match("texture", features, from_texture_generator)
        object_ = self._match("object", features, from_texture_generator)
        weights = self.object_weights
        return texture[:, None] * (1 - weights) + object_[:, None] * weights

    def evoked(self, drives: np.ndarray) -> np.ndarray:
        """Expected rate above baseline of each image in every ms.

        Parameters
        ----------
        drives : (n_images, 2)
            Early and late drive.

        Returns
        -------
        (n_images, 212)
            events/s, from 6 ms before image onset.
        """
        return (self.response - self.baseline) * (drives**self.exponent @ self.kernels)

    def _match(self, group: str, features: Features, from_texture_generator: bool) -> np.ndarray:
        point = features[group] @ self.frames[group]
        if from_texture_generator:
            point = point + self.offsets[group]
        squared = np.square(point - self.preferred[group]).sum(axis=1)
        return np.exp(-squared / (2 * self.width**2))


def draw_site(
    descriptor: Descriptor,
    world: World,
    parameters: Parameters,
    quantiles: SiteQuantiles,
    rng: np.random.Generator,
) -> Site:
    """Draw what the site of an experiment is tuned to; how it responds follows from its quantiles.

    Parameters
    ----------
    descriptor
        Experiment: its area and its animal count.
    world
        Both generators, with the offsets of initial texture images.
    parameters
        Constants of the model.
    quantiles
        Where the site stands among all.
    rng
        Generator of the draw.
    """
    area = parameters.areas[descriptor.area]
    k, width = area.n_tuned, area.width
    frames = {group: orthonormal_rows(k, N_GROUP, rng).T for group in GROUPS}
    distances = dict(zip(GROUPS, (*area.distance2, parameters.other_distance2), strict=True))
    spread = {
        group: rng.gamma(parameters.distance_shape, 1 / parameters.distance_shape)
        for group in GROUPS
    }
    preferred = {
        group: unit_vector(k, rng) * width * np.sqrt(distances[group] * spread[group])
        for group in GROUPS
    }
    offsets = {
        "texture": _offset(frames["texture"], world.texture_offset, width, area.offset2[0]),
        "object": _offset(frames["object"], world.object_offset, width, area.offset2[1]),
        "other": np.zeros(k),
    }
    weights = [
        np.clip(rng.normal(*weight), 0, 1)
        for weight in (area.early_object_weight, area.late_object_weight)
    ]
    z = SiteQuantiles(*ndtri(quantiles))
    mean, sd = area.early_share
    early = np.clip(mean + sd * z.early_share, 0.05, 0.95)
    shares = np.array([early, 1 - early])
    kernels = response_kernels(parameters.kernels[descriptor.area], area.onset_sd * z.onset)
    response = response_at(descriptor, parameters, quantiles.response)
    low, high = np.log(parameters.baseline_share)
    return Site(
        width=width,
        frames=frames,
        preferred=preferred,
        offsets=offsets,
        object_weights=np.array(weights),
        tuned_to_other=bool(rng.random() < area.p_other),
        kernels=shares[:, None] * kernels,
        exponent=area.exponent[0] * np.exp(area.exponent[1] * z.exponent),
        response=response,
        baseline=response * np.exp(low + (high - low) * quantiles.baseline_share),
        trial_cv=area.trial_cv * np.exp(parameters.trial_cv_log_sd * z.trial_cv),
    )


def response_at(descriptor: Descriptor, parameters: Parameters, quantile: float) -> float:
    """Evoked rate of the best image of a site, events/s; it saturates at `response_limit`.

    Parameters
    ----------
    descriptor
        Experiment: its area and its animal count.
    parameters
        Constants of the model.
    quantile
        Where the site stands among those of its area and animal, between 0 and 1.
    """
    median, log_sd = parameters.areas[descriptor.area].response
    median *= parameters.animal_factors.get(f"{descriptor.area} {descriptor.animal}", 1.0)
    unlimited = median * np.exp(log_sd * ndtri(quantile))
    return float(unlimited / (1 + unlimited / parameters.response_limit))


def response_kernels(kernels: tuple[Kernel, Kernel], delay: float = 0.0) -> np.ndarray:
    """Early and late time course, (2, 212), each with mean 1 in the evoked window.

    Bins are 1 ms; they begin 6 ms before image onset and end 6 ms after the recorded window,
    because smoothing needs the spikes there.

    Parameters
    ----------
    kernels
        Early and late component.
    delay
        By how much both are later, ms.

    Examples
    --------
    >>> kernels = (Kernel(52, 4, 85, 45, 0.3), Kernel(70, 10, 130, 60, 0.35))
    >>> response_kernels(kernels)[:, 56:206].mean(axis=1).round(9).tolist()
    [1.0, 1.0]
    """
    time = np.arange(N_DRAWN) - SMOOTHING_REACH - delay
    courses = []
    for kernel in kernels:
        rise = 1 / (1 + np.exp(-(time - kernel.onset) / kernel.slope))
        fall = np.exp(-np.maximum(time - kernel.peak, 0) / kernel.decay)
        course = rise * (kernel.floor + (1 - kernel.floor) * fall)
        start, stop = (edge + SMOOTHING_REACH for edge in EVOKED)
        courses.append(course / course[start:stop].mean())
    return np.stack(courses)


def _offset(frame: np.ndarray, direction: np.ndarray, width: float, squared: float) -> np.ndarray:
    seen = frame.T @ direction
    return width * np.sqrt(squared) * seen / np.linalg.norm(seen)
