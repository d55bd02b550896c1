"""A store with one published page of sample products, without a model: for measuring how it is served."""

import itertools

from django.utils import timezone

from accounts.models import ApiKey, Membership, Role, Scope, Store, User
from generation.catalog.feed import guess_mapping, open_feed
from generation.catalog.feed.validation import validate
from generation.catalog.importer import upsert
from generation.catalog.sample import generator
from generation.models import Product
from generation.models import Campaign, Run
from review.models import Draft, Placement, PlacementProduct
from review.publishing.services import publish
