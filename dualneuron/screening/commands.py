"""The command ``screen``."""

import argparse
from collections.abc import Iterator
from contextlib import nullcontext

from core.computing.devices import choose_device
from core.sweep import described, worker_count, workers
from dualneuron.screening.reading import screen_facts
from dualneuron.screening.run import screen_activations
from dualneuron.screening.saved import folders_of


def screen(options: argparse.Namespace) -> Iterator[str]:
    """Screen a set of images, and say what came out and where it is.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    is_spread = options.cluster or options.scheduler or options.workers
    with _cluster(options) if is_spread else nullcontext() as client:
        if client is not None:
            yield f"on {described(client)}"
        screen_activations(
            options.images,
            options.out,
            split=options.split,
            dataset=options.dataset,
            model=options.model,
            layer=options.layer,
            location=location(options.location),
            ensemble=not options.one_member,
            batch_size=options.batch_size,
            num_workers=options.num_workers,
            device=options.device,
            top_k=options.top_k,
            index_dtype="int32" if options.int32 else "int64",
            skip_corrupt=options.skip_corrupt,
            crop_size=options.crop_size,
            mask=options.mask,
            weights_dir=options.data_dir,
            untrained=options.untrained,
            client=client,
        )
    name = f"{options.model}_{options.layer}_{options.dataset}"
    responses, indices, folder = folders_of(options.out, name)
    facts = screen_facts(responses)
    skipped = f" ({facts['n_skipped']} left out)" if facts["n_skipped"] else ""
    yield f"{name}: {facts['n_images']} images{skipped}, {facts['n_units']} units"
    if "without_room" in facts:
        low = len(facts["without_room"])
        yield f"{low} units have next to no room for a low pole below their response to mean grey"
    yield from map(str, (responses, indices, folder))


def _cluster(options: argparse.Namespace):
    n_workers = worker_count(options, choose_device(options.device).type)
    return workers(options.scheduler, n_workers, options.memory)


def location(text: str) -> str | int | list[int] | None:
    """Place in a layer as the command line has it.

    Parameters
    ----------
    text
        ``center``, ``mean``, a position of tokens, or a row and a column, as in ``3,4``.

    Examples
    --------
    >>> location("3,4"), location("0"), location("mean"), location("center")
    ([3, 4], 0, None, 'center')
    """
    if text == "mean":
        return None
    numbers = text.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        return text
    return list(map(int, numbers)) if len(numbers) > 1 else int(text)
