"""What Shopify is asked: the queries of the GraphQL Admin API, in one version.

Sizes keep each query under the 1,000 points that one may cost (an object is a
point, a list as many as may come); what does not fit is asked for by itself.
"""

from dataclasses import dataclass

VERSION = "2026-10"

_MONEY = "{ shopMoney { amount currencyCode } }"
_ADDRESS = "{ firstName lastName city province countryCodeV2 }"
_ONWARD = "pageInfo { hasNextPage endCursor }"
_CUSTOMER = f"""{{
  legacyResourceId firstName lastName
  defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} defaultAddress {_ADDRESS}
}}"""
_LINES = f"{{ nodes {{ title quantity product {{ legacyResourceId }} originalUnitPriceSet {_MONEY} }} {_ONWARD} }}"
_VARIANTS = f"""{{ nodes {{
  price compareAtPrice inventoryPolicy inventoryQuantity inventoryItem {{ legacyResourceId tracked }}
}} {_ONWARD} }}"""


@dataclass(frozen=True)
class Part:
    """One of the shop's lists. `scopes` are what its question needs; `rest` is the list within each of its nodes."""

    name: str
    field: str
    first: int
    scopes: tuple[str, ...]
    query: str
    by_change: bool = True
    rest: str = ""


def _list(field: str, sort: str, node: str) -> str:
    return f"""query ($first: Int!, $after: String, $query: String!) {{
  {field}(first: $first, after: $after, query: $query, sortKey: {sort}) {{ nodes {node} {_ONWARD} }}
}}"""


ORDERS = Part(
    "orders",
    "orders",
    15,
    ("read_orders", "read_customers", "read_products"),
    _list(
        "orders",
        "UPDATED_AT",
        f"""{{
  id legacyResourceId name email phone createdAt updatedAt processedAt cancelledAt cancelReason
  currencyCode cartToken customerLocale displayFinancialStatus displayFulfillmentStatus statusPageUrl discountCodes
  totalPriceSet {_MONEY} totalDiscountsSet {_MONEY} totalShippingPriceSet {_MONEY}
  billingAddress {_ADDRESS} shippingAddress {_ADDRESS} customer {_CUSTOMER}
  transactions(first: 5) {{ kind status processedAt }} fulfillments(first: 3) {{ createdAt }}
  refunds(first: 1) {{ id }} lineItems(first: 10) {_LINES}
}}""",
    ),
    rest="lineItems",
)
CUSTOMERS = Part(
    "customers",
    "customers",
    100,
    ("read_customers",),
    _list(
        "customers",
        "UPDATED_AT",
        f"""{{
  id legacyResourceId firstName lastName createdAt updatedAt defaultAddress {_ADDRESS}
  defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel marketingUpdatedAt }}
  defaultPhoneNumber {{ phoneNumber smsMarketingConsent {{ state optInLevel updatedAt }} }}
}}""",
    ),
)
PRODUCTS = Part(
    "products",
    "products",
    20,
    ("read_products",),
    _list(
        "products",
        "UPDATED_AT",
        f"""{{
  id legacyResourceId title descriptionHtml vendor productType handle status tags createdAt updatedAt publishedAt
  featuredMedia {{ preview {{ image {{ url }} }} }} variants(first: 20) {_VARIANTS}
}}""",
    ),
    rest="variants",
)
CHECKOUTS = Part(
    "checkouts",
    "abandonedCheckouts",
    15,
    ("read_orders", "read_customers", "read_products"),
    _list(
        "abandonedCheckouts",
        "ID",
        f"""{{
  id createdAt updatedAt completedAt abandonedCheckoutUrl totalPriceSet {_MONEY} customer {_CUSTOMER}
  lineItems(first: 10) {_LINES}
}}""",
    ),
    by_change=False,
    rest="lineItems",
)
LISTS = (ORDERS, CUSTOMERS, PRODUCTS, CHECKOUTS)
STOCK_SCOPES = ("read_inventory", "read_locations", "read_products")

REST = {
    "lineItems": ("Order", f"lineItems(first: 100, after: $after) {_LINES}"),
    "variants": ("Product", f"variants(first: 250, after: $after) {_VARIANTS}"),
}
LOCATIONS = f"""query ($first: Int!, $after: String) {{
  locations(first: $first, after: $after) {{ nodes {{ id }} {_ONWARD} }}
}}"""
LEVELS = f"""query ($id: ID!, $first: Int!, $after: String, $query: String!) {{
  location(id: $id) {{ inventoryLevels(first: $first, after: $after, query: $query) {{
    nodes {{ updatedAt item {{ legacyResourceId }} quantities(names: ["available"]) {{ quantity }} }} {_ONWARD}
  }} }}
}}"""
REFUNDS = "query ($id: ID!) { order(id: $id) { refunds(first: 250) { id } } }"
REFUND = f"""query ($id: ID!, $after: String) {{
  refund(id: $id) {{
    legacyResourceId createdAt processedAt note
    transactions(first: 20) {{ nodes {{ kind status amountSet {_MONEY} }} }}
    orderAdjustments(first: 20) {{ nodes {{ amountSet {_MONEY} taxAmountSet {_MONEY} }} }}
    refundLineItems(first: 60, after: $after) {{ nodes {{
      id quantity restockType subtotalSet {_MONEY} totalTaxSet {_MONEY} lineItem {{ product {{ legacyResourceId }} }}
    }} {_ONWARD} }}
  }}
}}"""
SCOPES = "{ currentAppInstallation { accessScopes { handle } } }"


def rest_of(name: str, kind: str) -> str:
    """The question for what is left of one node's list."""
    return f"query ($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{ {REST[name][1]} }} }} }}"
