"""An empty database made ready to be measured. Run as a module; prints JSON."""

import json
import sys

import django

from storefront_studio import bootstrap


def main() -> None:
    """Migrate, publish one page, print {"page", "api_key"}."""
    bootstrap.prepare()
    django.setup()
    # Models can be imported only now.
    from django.core.management import call_command

    from review.measure.publish import published

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    sys.stdout.write(json.dumps({"page": "home", "api_key": published()}) + "\n")


if __name__ == "__main__":
    main()
