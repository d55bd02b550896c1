"""The text whose vector stands for a product: the one the evaluator's weights were fitted on."""

from generation.evaluators.base import ProductText
from generation.models import Product
from storefront_studio.lib.hashing import digest


def embedding_text(product: Product) -> str:
    """Title, brand and category path."""
    return ProductText(product.title, product.brand, product.category).passage


def text_hash(product: Product) -> str:
    """Tagged hash of `embedding_text`: a product whose price changed keeps its vector."""
    return digest(embedding_text(product))


def text_hash_of(title: str, brand: str, category: str) -> str:
    """The same for a product that is not one yet; `category` is the deepest node."""
    return digest(ProductText(title, brand, category).passage)
