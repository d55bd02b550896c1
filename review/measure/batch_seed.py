"""A database made ready for a batch: sample catalogue, segments, a campaign. Run as a module; prints JSON."""

import json
import sys

import django

from storefront_studio import bootstrap

OBJECTIVE = "Coffee, soup, pasta, shampoo, candles, lamps, headphones, chocolate"
LIKES = ("Grocery", "Beauty", "Home", "Electronics", "Pet", "Garden")


def main(segments: int, placements: int) -> None:
    """Migrate, import, embed, and write the campaign; prints {"campaign", "products", "keywords", "segments"}."""
    bootstrap.prepare()
    django.setup()
    # Models can be imported only now.
    from django.core.management import call_command

    from generation.catalog.sample import generator
    from generation.measure import stores
    from generation.models import Segment
    from generation.services import save_campaign

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    with stores.sample(keep=True, say=lambda text: None) as store:
        Segment.objects.bulk_create(
            Segment(
                store=store,
                slug=f"audience-{n:03}",
                name=f"Audience {n:03}",
                profile={"categories": [{"name": LIKES[n % len(LIKES)], "share": 0.5}]},
            )
            for n in range(segments)
        )
        campaign = save_campaign(
            store=store,
            actor=None,
            name="Bench",
            objective=OBJECTIVE,
            objective_kind="season",
            season="winter",
            placements=placements,
            products=8,
            constraints={"density_min": 3},
        )
        facts = {
            "campaign": campaign.slug,
            "products": store.products.count(),
            "keywords": store.keywords.count(),
            "segments": segments,
            "today": str(generator.TODAY),
        }
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
