"""PostgreSQL and Redis that come inside two wheels, so that nothing needs to be installed first.

`ensure` is for settings, `start`, `stop` and `status` are for the `services` command. Production sets
`DATABASE_URL` and `REDIS_URL`; then nothing in here starts.
"""

from .services import Services, ServiceStatus, ensure, start, status, stop

__all__ = ["ServiceStatus", "Services", "ensure", "start", "status", "stop"]
