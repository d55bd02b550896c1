"""What every process does before Django reads its settings: find the database and the broker.

With DATABASE_URL and REDIS_URL set nothing happens. Without them the embedded services are used, and started when
they are down, so that a command works on a bare machine.
"""

import os
from pathlib import Path

from storefront_studio.lib.env import Env

SECRETS = ("DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY", "ANTHROPIC_API_KEY")


def data_dir() -> Path:
    """Where everything we write lives: STUDIO_DATA_DIR, by default ``var`` beside manage.py."""
    root = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("STUDIO_DATA_DIR") or root / "var").resolve()


def prepare() -> None:
    """Set DJANGO_SETTINGS_MODULE, DATABASE_URL and REDIS_URL for this process and its children."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront_studio.settings")
    _read_secret_files()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    from storefront_studio.lib import embedded  # only where it is needed: production has no such packages

    services = embedded.ensure(os.environ, data_dir())
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["REDIS_URL"] = services.redis_url
    # Whoever started them may stop them: make demo does so at its end, a command leaves them for the next.
    os.environ["STUDIO_STARTED_SERVICES"] = ",".join(services.started)


def _read_secret_files() -> None:
    """NAME_FILE becomes NAME, for what the settings do not read. Raises Misconfigured when a file cannot be read."""
    for name in SECRETS:
        value = Env().raw(name)
        if value:
            os.environ[name] = value
            os.environ.pop(f"{name}_FILE", None)
