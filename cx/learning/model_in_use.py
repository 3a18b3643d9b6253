"""The model that reads messages in this process: the one whose row says it is in use, loaded once."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from cx.models import TrainedModel

if TYPE_CHECKING:
    from cx.tagging.model import Model

log = logging.getLogger(__name__)

#: A choice made on the page reaches every worker within so many seconds, at the price of one tiny query.
LOOK_EVERY: Final = 5.0


class _Loaded:
    """What this process has loaded, and when it last looked whether that is still the one."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.version: str | None = None
        self.model: Model | None = None
        self.looked_at = float("-inf")


_LOADED = _Loaded()


def model_in_use() -> Model:
    """The model to read with now. Its content is read from the database once for each version.

    Never fails for what stands in the row: where the content is damaged or of another format (an upgrade), the model
    that comes with the program reads, and the log says so.
    """
    now = time.monotonic()
    if _LOADED.model is None or now - _LOADED.looked_at >= LOOK_EVERY:
        version = TrainedModel.objects.in_use().values_list("version", flat=True).first()
        if _LOADED.model is None or version != _LOADED.version:
            _LOADED.model, _LOADED.version = _load(version), version
        _LOADED.looked_at = now
    return _LOADED.model


def forget() -> None:
    """Look again at the next reading."""
    _LOADED.forget()


def loaded(row: TrainedModel) -> Model:
    """The model of a row; the one that comes with the program where the row has no content. Raises `ModelError`."""
    from cx.tagging import model as models

    return models.load() if row.content is None else models.from_bytes(bytes(row.content))


def _load(version: str | None) -> Model:
    from cx.tagging import model as models

    row = TrainedModel.objects.filter(version=version).first() if version else None
    if row is not None:
        try:
            return loaded(row)
        except Exception:  # whatever is wrong with these bytes, mail goes on being read
            log.exception("Model %s cannot be read; the one that comes with the program reads instead", version)
    return models.load()
