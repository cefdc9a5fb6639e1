"""The product list: known CAR products under all their names and codes, and where a text names one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import msgspec

from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text, fold
from transforms.profile.reading.vocabulary import FOLDER, Row, VocabularyError, WordList, rows, word_list
from warehouse.tables.profiles import CELL_SOURCES, CELL_TYPES, CONSTRUCTS, COSTIMULATORY_DOMAINS, GENE_DELIVERIES

COLUMNS = (
    "product_key", "names", "codes", "target_antigens", "construct", "cell_type", "cell_source",
    "gene_delivery", "costimulatory_domain", "only_in", "target_antigens_stated_in", "cell_source_stated_in",
    "cell_type_stated_in", "gene_delivery_stated_in", "costimulatory_domain_stated_in", "target_antigens_url",
    "cell_source_url", "cell_type_url", "gene_delivery_url", "costimulatory_domain_url",
)  # fmt: skip
MOST = 400  # no record names products more often in one text
FACTS = ("target_antigens", "cell_source", "cell_type", "gene_delivery", "costimulatory_domain")
# A short code (S103, F01) is also a ward or a form: only a name or title holds it as a product.
NAMING = frozenset({"intervention_name", "intervention_other_name", "brief_title", "official_title", "arm_label"})


@dataclass(frozen=True, slots=True)
class Product:
    """A line of products.csv."""

    key: str
    names: tuple[str, ...]
    codes: tuple[str, ...]
    target_antigens: tuple[str, ...]
    construct: str | None
    cell_type: str | None
    cell_source: str | None
    gene_delivery: str | None
    costimulatory_domain: str | None
    only_in_names: bool
    stated_in: dict[str, str]  # by attribute: the public kind of source that says so
    urls: dict[str, str]  # by attribute: its public address, where one is confirmed

    @property
    def product(self) -> str:
        """The name to show: the first name, otherwise the first code."""
        return (self.names or self.codes)[0]


class ProductMention(msgspec.Struct, frozen=True):
    """A known product named in a text; offsets into text.folded."""

    text: Text
    start: int
    end: int
    product: Product


@cache
def catalogue() -> dict[str, Product]:
    """products.csv by key. Raises VocabularyError naming the line."""
    found: dict[str, Product] = {}
    for row in rows("products", COLUMNS):
        product = _product(row)
        if product.key in found:
            raise VocabularyError(FOLDER / "products.csv", row.line, f"the key {product.key!r} stands twice")
        found[product.key] = product
    return found


def table_rows() -> list[dict[str, object]]:
    """Rows of table products."""
    return [
        {
            "product_key": p.key, "product": p.product, "names": list(p.names), "codes": list(p.codes),
            "target_antigens": list(p.target_antigens), "construct": p.construct, "cell_type": p.cell_type,
            "cell_source": p.cell_source, "gene_delivery": p.gene_delivery,
            "costimulatory_domain": p.costimulatory_domain,
            **{f"{attribute}_stated_in": where for attribute, where in p.stated_in.items()},
            **{f"{attribute}_url": where for attribute, where in p.urls.items()},
        }
        for p in catalogue().values()
    ]  # fmt: skip


def mentions(texts: Iterable[Text]) -> list[ProductMention]:
    """Every known product named in `texts`, in their order."""
    return [mention for text in texts for mention in in_text(text)]


@cache
def _series() -> WordList:
    return word_list("series")


_REST_OF_NAME = re.compile(r"[\w-]*\w")


def of_series(text: Text) -> ProductMention | None:
    """The product that a sponsor's name for a series of trials points to: KYSA-8, RESET-SLE (series.csv)."""
    for start, end, row in _series().matches(text.folded):
        number = _REST_OF_NAME.match(text.folded, end)
        return ProductMention(text, start, number.end() if number else end, catalogue()[row["label"]])
    return None


def series_url(mention: ProductMention) -> str | None:
    """The address of a trial of the series that names its product."""
    found = _series().search(mention.text.folded, mention.start, mention.end)
    return (found[2]["url"] or None) if found else None


def may_name(folded: str) -> bool:
    """Whether a folded text may hold a known product: a cheap look that errs only by saying yes."""
    words = set(folded.encode("ascii", "replace").translate(_TO_SPACES).split())
    for word in words & _first_words().keys():
        following = _first_words()[word]
        if not following or not following.isdisjoint(words):
            return True
    return False


# Bytes, since translating and splitting them costs a fifth of what an expression does.
_TO_SPACES = bytes(c if chr(c).isalnum() and c < 128 else 32 for c in range(256))


@cache
def _first_words() -> dict[bytes, frozenset[bytes]]:
    """Word that a name may begin with -> words one of which must follow; none where it is the whole name."""
    found: dict[bytes, set[bytes] | None] = {}
    for product in catalogue().values():
        for name in (*product.names, *product.codes):
            for parts in _writings(name):
                head, rest = parts[0].encode(), {part.encode() for part in parts[1:2]}
                if not rest:
                    found[head] = None
                elif found.get(head, rest) is not None:
                    found[head] = (found.get(head) or set()) | rest
    return {head: frozenset(rest or ()) for head, rest in found.items()}


def _writings(name: str) -> list[list[str]]:
    """The words of a name in the ways of writing it: CC-97540, CC97540; YTB323, YTB 323; MBCART19.1."""
    parts = _WORD.findall(fold(name))
    found = [["".join(parts[:cut]), *parts[cut:]] for cut in range(1, len(parts) + 1)]
    split = re.match(r"([a-z]+|[0-9]+)([a-z0-9]+)", squeeze(name))
    if split:
        found.append([split.group(1), *re.findall(r"[a-z]+|[0-9]+", split.group(2))[:1]])
        found.append([split.group(1), split.group(2)])
    return found


_WORD = re.compile(r"[a-z0-9]+")
_JOINT = re.compile(r"[ \-./_]{0,2}")


@cached_rule
def in_text(text: Text) -> tuple[ProductMention, ...]:
    """Every known product named in one text: "CC- 97540", "CC97540" and "cc-97540" are one."""
    folded = text.folded
    if not may_name(folded):
        return ()
    by_name, beginnings, first_words = _index()
    found: list[ProductMention] = []
    free = 0
    for word in _WORD.finditer(folded):
        if word.start() < free or word.group() not in first_words:
            continue
        match = _longest(folded, word, by_name, beginnings)
        if match and not (match[1].only_in_names and text.section not in NAMING):
            found.append(ProductMention(text, word.start(), match[0], match[1]))
            free = match[0]
            if len(found) == MOST:
                break
    return tuple(found)


def _longest(
    folded: str, word: re.Match[str], by_name: dict[str, Product], beginnings: frozenset[str]
) -> tuple[int, Product] | None:
    squeezed, end, best = word.group(), word.end(), None
    for _ in range(6):
        if squeezed in by_name:
            best = (end, by_name[squeezed])
        joint = _JOINT.match(folded, end)
        following = _WORD.match(folded, joint.end() if joint else end)
        if not following or squeezed + following.group() not in beginnings:
            break
        squeezed, end = squeezed + following.group(), following.end()
    return best


def squeeze(name: str) -> str:
    """A name without what separates its parts: the same for every way of writing it."""
    return "".join(_WORD.findall(fold(name)))


@cache
def _index() -> tuple[dict[str, Product], frozenset[str], frozenset[str]]:
    """Squeezed name -> product; every beginning of one; every word that one may begin with."""
    by_name: dict[str, Product] = {}
    first_words: set[str] = set()
    lines = {row["product_key"]: row.line for row in rows("products", COLUMNS)}
    for product in catalogue().values():
        for name in (*product.names, *product.codes):
            squeezed = squeeze(name)
            other = by_name.setdefault(squeezed, product)
            if other is not product:
                problem = f"the name {name!r} belongs to {other.key!r} on line {lines[other.key]} already"
                raise VocabularyError(FOLDER / "products.csv", lines[product.key], problem)
            # YTB323, YTB 323; MB-CART19.1, MBCART19.1: split where written and where letters end
            letters = re.match(r"[a-z]+|[0-9]+", squeezed)
            parts = _WORD.findall(fold(name))
            first_words |= {squeezed, letters.group() if letters else squeezed}
            first_words |= {"".join(parts[:count]) for count in range(1, len(parts))}
    beginnings = {name[:length] for name in by_name for length in range(1, len(name) + 1)}
    return by_name, frozenset(beginnings), frozenset(first_words)


def _product(row: Row) -> Product:
    def listed(column: str, separator: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in row[column].split(separator) if part.strip())

    def worded(column: str, words: tuple[str, ...]) -> str | None:
        value = row[column] or None
        if value is not None and value not in words:
            raise VocabularyError(FOLDER / "products.csv", row.line, f"{column} {value!r} is none of {words}")
        return value

    product = Product(
        row["product_key"], listed("names", ";"), listed("codes", ";"), listed("target_antigens", "/"),
        worded("construct", CONSTRUCTS), worded("cell_type", CELL_TYPES), worded("cell_source", CELL_SOURCES),
        worded("gene_delivery", GENE_DELIVERIES), worded("costimulatory_domain", COSTIMULATORY_DOMAINS),
        row["only_in"] == "name",
        {fact: row[f"{fact}_stated_in"] for fact in FACTS if row[f"{fact}_stated_in"]},
        {fact: row[f"{fact}_url"] for fact in FACTS if row[f"{fact}_url"]},
    )  # fmt: skip
    if not product.key or not (product.names or product.codes):
        raise VocabularyError(FOLDER / "products.csv", row.line, "write a key and at least one name or code")
    for attribute in FACTS:
        if getattr(product, attribute) and attribute not in product.stated_in:
            raise VocabularyError(FOLDER / "products.csv", row.line, f"say where {attribute} is stated")
    for attribute, url in product.urls.items():
        if not url.startswith("https://") or not getattr(product, attribute):
            problem = f"{attribute}_url is the address (https://...) of a page that states {attribute}; leave it empty"
            raise VocabularyError(FOLDER / "products.csv", row.line, problem)
    return product
