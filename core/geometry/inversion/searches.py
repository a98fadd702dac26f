"""Searches for `core.generators.invert` beside Adam: L-BFGS and CMA-ES, each image for itself."""

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch

from core.computing.random_source import Randomness
from core.generators.inversion import Losses, Search
from core.optimizers.cholesky import CholeskyCMAES
from core.progress import progress
from core.settings import positive_number, whole

N_PAIRS = 10
"""Steps of the past whose curvature L-BFGS remembers."""

SUFFICIENT, N_HALVINGS = 1e-4, 20
"""Share of the predicted fall that a step must reach (Armijo), and how often it is halved."""

AT_A_TIME = 32
"""Codes of CMA-ES that are rendered at a time, at least."""

Pair = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""A step (B, n), the change of the slope along it (B, n), and 1 / (their product) (B, 1) or 0."""


def lbfgs(n_steps: int = 100, *, shows_progress: bool = False) -> Search:
    """L-BFGS with a line search by halving (Nocedal & Wright 2006, algorithms 7.4 and 3.1).

    All rows are done at once, but each has steps and a memory of its own: `torch.optim.LBFGS` would
    take one step for all.

    Parameters
    ----------
    n_steps
        Steps; a row of which no smaller step lowers the loss stays where it is.
    shows_progress
        Show a progress bar on a terminal.

    Returns
    -------
    Search

    Examples
    --------
    >>> bowl = lambda codes, rows: (codes - rows[:, None]).square().sum(1)
    >>> codes, history = lbfgs(5)(bowl, torch.zeros(2, 3))
    >>> codes.round(decimals=4)
    tensor([[0., 0., 0.],
            [1., 1., 1.]])
    """
    whole(n_steps, "n_steps", at_least=0)

    def search(losses: Losses, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shape = codes.shape
        here = codes.flatten(1)
        everyone = torch.arange(len(here), device=here.device)

        def measure(some: torch.Tensor, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            some = some.detach().requires_grad_(True)
            with torch.enable_grad():
                values = losses(some.reshape(-1, *shape[1:]), rows)
                (slopes,) = torch.autograd.grad(values.sum(), some)
            return values.detach(), slopes

        values, slopes = measure(here, everyone)
        history, pairs = [values], deque(maxlen=N_PAIRS)
        for _ in _steps(n_steps, shows_progress):
            direction = -_times_inverse_hessian(slopes, pairs)
            fall = (slopes * direction).sum(1, keepdim=True)
            direction = torch.where(fall < 0, direction, -slopes)
            fall = (slopes * direction).sum(1)
            length = direction.norm(dim=1).clamp_min(torch.finfo(here.dtype).tiny)
            sizes = torch.ones_like(length) if pairs else 1 / length
            new, new_values, new_slopes = here.clone(), values.clone(), slopes.clone()
            open_rows = everyone[fall < 0]
            for _ in range(N_HALVINGS):
                if not len(open_rows):
                    break
                tried = here[open_rows] + sizes[open_rows, None] * direction[open_rows]
                found, slopes_there = measure(tried, open_rows)
                wanted = values[open_rows] + SUFFICIENT * sizes[open_rows] * fall[open_rows]
                good = found <= wanted
                rows = open_rows[good]
                new[rows], new_values[rows] = tried[good], found[good]
                new_slopes[rows] = slopes_there[good]
                open_rows = open_rows[~good]
                sizes[open_rows] /= 2
            pairs.append(_pair(new - here, new_slopes - slopes))
            here, values, slopes = new, new_values, new_slopes
            history.append(values)
        return here.reshape(shape), torch.stack(history)

    return search


def cma(
    n_steps: int = 100,
    *,
    sigma: float = 0.2,
    rng: Randomness = None,
    shows_progress: bool = False,
) -> Search:
    """CMA-ES (`core.optimizers.CholeskyCMAES`), one for each row, all populations at once.

    Needs no gradient. Along the coordinates of a metric with ``exponent`` 1/2.5 it is the search
    that is called Hessian-aware (`core.optimizers.HessCMAES`).

    Parameters
    ----------
    n_steps
        Generations; the best code of all is returned.
    sigma
        First step size; BigGAN's published inversions begin with 0.2 and 0.4.
    rng
        Source of the samples.
    shows_progress
        Show a progress bar on a terminal.

    Returns
    -------
    Search

    Examples
    --------
    >>> bowl = lambda codes, rows: (codes - rows[:, None]).square().sum(1)
    >>> codes, history = cma(60, rng=0)(bowl, torch.zeros(2, 3))
    >>> bool((codes - torch.tensor([[0.0], [1.0]])).abs().max() < 0.01)
    True
    """
    whole(n_steps, "n_steps", at_least=0)
    positive_number(sigma, "sigma")
    random = np.random.default_rng(rng) if rng is None or isinstance(rng, int) else rng

    def search(losses: Losses, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shape = codes.shape
        rows = torch.arange(len(codes), device=codes.device)
        best = codes.flatten(1)
        with torch.no_grad():
            values = losses(codes, rows)
        optimizers = [
            CholeskyCMAES(
                best.shape[1], init_sigma=sigma, init_code=code, maximize=False, random_seed=random
            )
            for code in best.double().cpu().numpy()
        ]
        populations = list(best[:, None].double().cpu().numpy())
        scores, history = values[:, None].cpu().numpy(), [values]
        for _ in _steps(n_steps, shows_progress):
            populations = [
                optimizer.step(*seen)
                for optimizer, *seen in zip(optimizers, scores, populations, strict=True)
            ]
            shown = torch.from_numpy(np.stack(populations)).to(codes)
            with torch.no_grad():
                found = _of_populations(losses, shown.reshape(*shown.shape[:2], *shape[1:]), rows)
            values, place = torch.cat([history[-1][:, None], found], 1).min(1)
            candidates = torch.cat([best[:, None], shown], 1)
            best = candidates[rows, place]
            history.append(values)
            scores = found.cpu().numpy()
        return best.reshape(shape), torch.stack(history)

    return search


def _of_populations(losses: Losses, codes: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Losses (B, size) of populations (B, size, ...), some at a time."""
    flat, owners = codes.flatten(0, 1), rows.repeat_interleave(codes.shape[1])
    at_once = max(AT_A_TIME, len(rows))
    parts = zip(flat.split(at_once), owners.split(at_once), strict=True)
    return torch.cat([losses(*part) for part in parts]).reshape(codes.shape[:2])


def _times_inverse_hessian(slopes: torch.Tensor, pairs: Sequence[Pair]) -> torch.Tensor:
    """Slopes (B, n) times the inverse Hessian that pairs stand for; the two loops of L-BFGS."""
    found, shares = slopes, []
    for step, change, inverse in reversed(pairs):
        shares.append(inverse * (step * found).sum(1, keepdim=True))
        found = found - shares[-1] * change
    if pairs:
        found = found * _scale(pairs)
    for (step, change, inverse), share in zip(pairs, reversed(shares), strict=True):
        found = found + (share - inverse * (change * found).sum(1, keepdim=True)) * step
    return found


def _scale(pairs: Sequence[Pair]) -> torch.Tensor:
    """Of the inverse Hessian, (B, 1): that of each row's last pair that is good."""
    scale = torch.ones_like(pairs[0][2])
    for _, change, inverse in pairs:
        squares = change.square().sum(1, keepdim=True)
        scale = torch.where(inverse > 0, 1 / (inverse * squares), scale)
    return scale


def _pair(step: torch.Tensor, difference: torch.Tensor) -> Pair:
    """A pair, left out (0) for rows whose curvature along the step is not above zero."""
    product = (step * difference).sum(1, keepdim=True)
    inverse = torch.where(product > 0, 1 / product, 0)
    return step, difference, torch.where(torch.isfinite(inverse), inverse, 0)


def _steps(n_steps: int, shows_progress: bool) -> Sequence[int]:
    steps = range(n_steps)
    return progress(steps, n_steps, "inverting images") if shows_progress else steps
