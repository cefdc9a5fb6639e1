"""`cartrials mcp`: assistants ask the published file, on standard input and output."""

from __future__ import annotations

from importlib.util import find_spec

from flows.config.settings import Settings
from flows.errors import SettingsError


def serve_assistants(settings: Settings) -> int:
    """Answer until standard input ends. Raises SettingsError where the extra is not installed."""
    if find_spec("mcp") is None:
        raise SettingsError("The Model Context Protocol's package is not installed: pip install 'cartrials[mcp]'.")
    from flows.assistant.server import server

    server(settings.warehouse_path).run("stdio")
    return 0
