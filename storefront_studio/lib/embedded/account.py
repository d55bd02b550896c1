"""PostgreSQL refuses to run as root. For root, its server runs as an account that is already there.

For anybody else the functions here do nothing.
"""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import Any

from storefront_studio.lib.errors import Misconfigured

CANDIDATES = ("postgres", "nobody")


def run_as(folder: Path) -> dict[str, Any]:
    """Arguments for `subprocess.run`: the owner of the folder when we are root, else nothing."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def own(path: Path) -> None:
    """Give a file or folder to the account that the server will run as. Raises Misconfigured."""
    if os.geteuid() != 0:
        return
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
            os.chown(path, found.pw_uid, found.pw_gid)
        except KeyError:
            continue
        except OSError as error:
            raise Misconfigured(f"cannot give {path} to the account {name}: {error.strerror}") from error
        return
    raise Misconfigured("PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody'")


def may_write(log: Path, folder: Path) -> None:
    """Let the owner of the folder append to the log."""
    log.touch()
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(log, owner.st_uid, owner.st_gid)


def may_reach(folder: Path, programs: Path) -> None:
    """Let the server's account pass through the folders above its data and programs, and read the latter.

    Passing through does not allow listing. Only what lacks the permission is changed.
    """
    if os.geteuid() != 0:
        return
    for path in (*folder.parents, *(folder.parent / "log",), *programs.parents):
        _allow(path, stat.S_IXOTH)
    if programs.stat().st_mode & stat.S_IROTH and programs.stat().st_mode & stat.S_IXOTH:
        return  # installed as usual; under a strict umask every file below needs the same
    for path in (*programs.rglob("*"), programs):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        _allow(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)
