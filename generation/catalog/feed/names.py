"""The fields of a product, and the many names shops give their columns."""

import re

REQUIRED = ("id", "title", "price")
FIELDS: tuple[str, ...] = (
    "id", "title", "description", "link", "image_link", "availability", "price", "sale_price", "brand",
    "product_type", "google_product_category", "gtin", "mpn", "item_group_id", "color", "size", "material",
    "custom_label_0", "custom_label_1", "custom_label_2", "custom_label_3", "custom_label_4",
    "cost_of_goods_sold", "rating", "rating_count", "popularity", "quantity", "listed_on",
)  # fmt: skip
"""Canonical field names: those of the Google product data specification, plus what ranking needs."""

# In order of trust; written as `normalise` leaves them. Prices and categories have rules of their own.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": (
        "productid", "itemid", "sku", "variantsku", "itemno", "itemnumber", "itemcode", "productcode",
        "articleid",
        "articlenumber", "articleno", "asin", "uniqid", "uid", "offerid", "code", "key", "handle", "index",
    ),
    "title": (
        "productname", "producttitle", "itemname", "itemtitle", "name", "product", "displayname",
        "articlename",
        "label", "item",
    ),
    "description": (
        "productdescription", "itemdescription", "longdescription", "fulldescription", "body", "bodyhtml",
        "details",
        "desc", "summary", "aboutproduct", "overview", "shortdescription",
    ),
    "link": ("producturl", "url", "productlink", "producturls", "itemurl", "permalink", "pageurl", "href"),
    "image_link": (
        "imageurl", "imagelink", "image", "img", "picture", "photo", "imagesrc", "mainimage", "imgurl",
        "pictureurl",
        "photourl", "primaryimage", "thumbnail",
    ),
    "availability": ("instock", "stockstatus", "available", "isavailable", "sellableonline"),
    "quantity": ("qty", "stock", "stockquantity", "inventory", "inventoryqty", "stockqty", "onhand"),
    "brand": ("brandname", "vendor", "supplier", "manufacturer", "maker", "make", "label"),
    "google_product_category": ("googlecategory", "googletaxonomy"),
    "gtin": ("ean", "upc", "barcode", "ean13", "gtin13", "gtin14", "eancode", "isbn", "variantbarcode"),
    "mpn": ("manufacturerpartnumber", "partnumber", "partno", "modelnumber", "modelno", "model"),
    "item_group_id": ("groupid", "parentid", "parentsku", "modelid", "parentasin"),
    "color": ("colour", "productcolour", "productcolor", "colorname", "colourname", "basecolour"),
    "size": ("productsize", "sizename"),
    "material": ("productmaterial", "fabric"),
    "cost_of_goods_sold": ("cogs", "costprice", "unitcost", "costperitem", "purchaseprice", "wholesaleprice"),
    "rating": ("averagerating", "avgrating", "ratingaverage", "stars", "reviewscore", "starrating"),
    "rating_count": ("numratings", "reviewcount", "reviews", "numberofreviews", "noofratings"),
    "popularity": ("popularityscore", "salesrank01"),
    "listed_on": (
        "datereleased", "releasedate", "released", "listedon", "date", "dateadded", "createdat", "created",
        "launchdate", "publishedat", "availabilitydate", "dateavailable", "datefirstavailable",
    ),
}  # fmt: skip
PLAIN_PRICES = ("price", "unitprice", "productprice", "itemprice", "amount", "cost", "variantprice")
REGULAR_PRICES = (
    "listprice", "marketprice", "mrp", "rrp", "msrp", "regularprice", "originalprice", "retailprice",
    "oldprice",
    "compareatprice", "variantcompareatprice", "wasprice", "fullprice", "actualprice", "basicprice",
)  # fmt: skip
CURRENT_PRICES = (
    "saleprice", "sellingprice", "discountprice", "discountedprice", "currentprice", "specialprice",
    "offerprice",
    "finalprice", "salesprice", "promoprice",
)  # fmt: skip
LEVELS: tuple[tuple[str, ...], ...] = (
    ("department", "dept", "mastercategory", "division", "section"),
    (
        "category",
        "maincategory",
        "categoryname",
        "productcategory",
        "category1",
        "categorylevel1",
        "categories",
    ),
    ("subcategory", "subcat", "category2", "categorylevel2", "subcategoryname"),
    ("subsubcategory", "category3", "categorylevel3"),
    ("type", "articletype", "class", "family"),
)
"""Names of category columns, widest level first."""
PATHS = ("producttype", "categorypath", "breadcrumb", "breadcrumbs", "categorytree", "producthierarchy")


def normalise(name: str) -> str:
    """A column name as names are compared: no case, spaces, underscores, or namespace prefix."""
    return re.sub(r"[\W_]+", "", name.casefold().removeprefix("g:"))


CANONICAL: dict[str, str] = {normalise(field): field for field in FIELDS}
_KNOWN = {
    *CANONICAL, *PLAIN_PRICES, *REGULAR_PRICES, *CURRENT_PRICES, *PATHS,
    *(name for names in SYNONYMS.values() for name in names), *(name for level in LEVELS for name in level),
}  # fmt: skip


def is_known(column: str) -> bool:
    """Whether a column has a name that product tables use."""
    return normalise(column) in _KNOWN
