#!/usr/bin/env python
"""The studio's command line: ``python manage.py help`` lists what it can do."""

import os
import sys

from storefront_studio import bootstrap
from storefront_studio.lib.errors import StudioError

# These must work while the services are down, or must not start them.
WITHOUT_SERVICES = {"services", "collectstatic", "help", "check", "--help", "-h", "spectacular"}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront_studio.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        if command not in WITHOUT_SERVICES and not {"--help", "-h"} & set(sys.argv):
            bootstrap.prepare()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except StudioError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
