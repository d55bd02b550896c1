"""One published page in an empty database, made through the ordinary services. Run as a module; prints JSON."""

import json
import sys

import django

from storefront_studio import bootstrap

PLACEMENTS, PRODUCTS = 8, 12


def main() -> None:
    """Migrate, import a part of the sample catalogue, generate nothing: rows are cut from it, approved, published."""
    bootstrap.prepare()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from review.measure.publish import published

    key = published(PLACEMENTS, PRODUCTS)
    sys.stdout.write(json.dumps({"page": "home", "api_key": key}) + "\n")


if __name__ == "__main__":
    main()
