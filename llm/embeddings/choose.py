"""Which embedder these settings mean, in use and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.errors import ConfigurationError
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.llm.embeddings.endpoint import EndpointEmbedder
    from clearway.llm.embeddings.local import LocalEmbedder

NONE = (
    "none: documents are searched by words; set CLEARWAY_EMBEDDING_MODEL_DIR or "
    "CLEARWAY_EMBEDDING_URL"
)


def choose_embedder(settings: Settings) -> LocalEmbedder | EndpointEmbedder | None:
    """Return the embedder, or None where none is configured: everything else works without.

    Raises `ConfigurationError` naming what is missing, or where both kinds are configured.
    """
    folder, url = settings.embedding_model_dir, settings.embedding_url
    if folder is not None and url is not None:
        raise ConfigurationError(
            "CLEARWAY_EMBEDDING_MODEL_DIR and CLEARWAY_EMBEDDING_URL are both set; unset one."
        )
    if folder is not None:
        from platformdirs import user_cache_path

        from clearway.llm.embeddings.local import LocalEmbedder

        cache = user_cache_path("clearway", appauthor=False) / "embeddings"
        return LocalEmbedder(folder, cache=cache)
    if url is not None:
        from openai import AsyncOpenAI

        from clearway.llm.embeddings.endpoint import EndpointEmbedder

        key = settings.embedding_api_key
        # A local server wants no key, and the client will not do without one.
        client = AsyncOpenAI(
            base_url=url, api_key=key.get_secret_value() if key else "none", max_retries=1
        )
        return EndpointEmbedder(
            client,
            model=settings.embedding_model,
            dimensions=settings.embedding_dimensions,
            timeout_s=settings.model_timeout_s,
        )
    return None


def embedder_in_words(settings: Settings) -> str:
    """Return what is used, or what would have to be set; never raises."""
    try:
        chosen = choose_embedder(settings)
    except ConfigurationError as error:
        return f"none: {error.message}"
    if chosen is None:
        return NONE
    fast = getattr(chosen, "fast", None)
    how = {None: "", True: ", on onnxruntime", False: ", in numpy and slow; install onnxruntime"}
    return f"{chosen.model_id}, {chosen.dimensions} dimensions{how[fast]}"
