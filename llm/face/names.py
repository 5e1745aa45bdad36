"""The names clients may ask for, and the providers each stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clearway.errors import ValidationError
from clearway.llm.providers.routes import Route

ANY = "auto"


class Names:
    """Routes of the file, providers by id, and models as their providers call them."""

    def __init__(
        self,
        routes: Mapping[str, Sequence[Route]],
        named: Mapping[str, Sequence[str]],
        *,
        in_file_order: bool,
    ) -> None:
        """`auto` is every provider: in the file's order, or by score where the file names none."""
        self._providers = list(routes)
        self._named = {name: tuple(order) for name, order in named.items()}
        self._models = {
            route.model: provider
            for provider, each in reversed(list(routes.items()))
            for route in each
        }
        self._any = tuple(self._providers) if in_file_order else ()

    def all(self) -> list[str]:
        """Return every name, without saying one twice."""
        return list(dict.fromkeys([ANY, *self._named, *self._providers, *self._models]))

    def order(self, model: object) -> tuple[str, ...]:
        """Return the providers to try; empty: whichever scores best.

        A single provider is tried first and the others after it: a name is a wish, not a wall.
        """
        if model in (None, "", ANY):
            return self._any
        name = str(model)
        if name in self._named:
            return self._named[name]
        provider = name if name in self._providers else self._models.get(name)
        if provider is None:
            raise ValidationError(
                f"There is no model {name!r}; there are {', '.join(self.all())}.", param="model"
            )
        return (provider, *(other for other in self._providers if other != provider))
