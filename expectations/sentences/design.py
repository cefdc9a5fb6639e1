"""Scope, diseases, products and profile: what the rules may not say of a trial."""

from __future__ import annotations

import numpy as np

from expectations.chunk import Chunk
from expectations.columns import among, is_empty, is_in, is_null, keys, lists, scalars, sets, true
from expectations.facts import Sentence, WarningSentence, Wrong
from warehouse.tables.profiles import COMPARATORS, SEVERAL

GIVES_OR_FOLLOWS = ("in_scope", "follow_up")
MADE_INSIDE_THE_BODY = ("mRNA-LNP", "lentiviral in vivo")

# Fewest and most targets that a construct can have; `combination` is products given together.
TARGETS_OF = {"single": (1, 1), "dual": (2, 2), "multi": (3, 99), "combination": (1, 99)}

# Doses of CAR cells in use lie between 1e5 and a few 1e10 in total, or 1e4 and 1e8 per kg. A lost
# exponent ("1 x 106" read as 106) or one too many falls outside these bounds.
FEWEST_CELLS, MOST_CELLS = 1e4, 1e12

# Recipients of gene-modified cells are followed for fifteen years; beyond twenty a number was misread.
LONGEST_FOLLOW_UP_MONTHS = 240

# Steroid ceilings for entry lie at 5 to 40 mg of prednisone a day; 200 is a pulse or a misread number.
HIGHEST_PREDNISONE_MG = 200


class ExpectInScopeTrialsToHaveDiseases(WarningSentence):
    description: str = "A trial in scope names the disease it treats, or is a basket"
    fault = "a trial in scope names no disease and is no basket"
    reads = ("trials: scope diseases is_basket",)
    at_fault = "diseases"

    def wrong(self, chunk: Chunk) -> Wrong:
        named = ~is_empty(chunk.array("trials", "diseases")) | true(chunk.array("trials", "is_basket"))
        return is_in(chunk.array("trials", "scope"), ["in_scope"]) & ~named


class ExpectDiseasesToBeThoseOfItsRows(Sentence):
    description: str = "A trial's diseases are those of trial_diseases, each once, in order"
    fault = "a trial's diseases are not those of trial_diseases, each once, in order"
    reads = ("trials: nct_id diseases", "trial_diseases: nct_id disease")
    at_fault = "diseases"

    def wrong(self, chunk: Chunk) -> Wrong:
        of_rows = sets(chunk, "trial_diseases", "disease")
        given = zip(scalars(chunk, "trials", "nct_id"), lists(chunk, "trials", "diseases"), strict=True)
        return np.array([(named or []) != sorted(of_rows.get(nct_id, ())) for nct_id, named in given])


class ExpectLupusNephritisToCountAsSLE(Sentence):
    description: str = "Lupus nephritis also counts as SLE"
    fault = "lupus nephritis does not count as SLE"
    reads = ("trials: diseases",)
    at_fault = "diseases"

    def wrong(self, chunk: Chunk) -> Wrong:
        named = lists(chunk, "trials", "diseases")
        return np.array(["lupus nephritis" in (each or ()) and "SLE" not in (each or ()) for each in named])


class ExpectDiseasesToCountAsTheirParentsToo(Sentence):
    description: str = "A trial of one form of a disease is a trial of that disease"
    fault = "a trial of one form of a disease is no trial of that disease"
    reads = ("trial_diseases: nct_id disease parent_disease",)
    at_fault = "parent_disease"

    def wrong(self, chunk: Chunk) -> Wrong:
        parents = keys(chunk, "trial_diseases", ("nct_id", "parent_disease"))
        return ~is_null(parents) & ~among(parents, keys(chunk, "trial_diseases", ("nct_id", "disease")))


class ExpectProfilesWhereCellsAreGivenOrFollowed(Sentence):
    description: str = "A trial has a profile where it gives CAR cells or follows recipients, and only there"
    fault = "a trial that gives CAR cells or follows recipients has no profile, or another has one"
    reads = ("trials: nct_id scope", "car_t_profiles: nct_id")
    at_fault = "scope"

    def wrong(self, chunk: Chunk) -> Wrong:
        profiled = among(chunk.array("trials", "nct_id"), chunk.array("car_t_profiles", "nct_id"))
        return is_in(chunk.array("trials", "scope"), GIVES_OR_FOLLOWS) != profiled


class ExpectInScopeTrialsToGiveAProduct(WarningSentence):
    description: str = "A trial in scope gives at least one CAR product"
    fault = "a trial in scope gives no CAR product"
    reads = ("trials: nct_id scope", "car_t_products: nct_id")
    at_fault = "scope"

    def wrong(self, chunk: Chunk) -> Wrong:
        gives = among(chunk.array("trials", "nct_id"), chunk.array("car_t_products", "nct_id"))
        return is_in(chunk.array("trials", "scope"), ["in_scope"]) & ~gives


class ExpectRolesOnlyWhereCellsAreGivenOrFollowed(Sentence):
    description: str = "Interventions have a role only in trials that give CAR cells or follow recipients"
    fault = "an intervention has a role in a trial that gives no CAR cells and follows no recipients"
    reads = ("trial_arm_interventions: nct_id role", "trials: nct_id scope")
    at_fault = "role"

    def wrong(self, chunk: Chunk) -> Wrong:
        within = chunk["trials"]["nct_id"][chunk["trials"]["scope"].isin(GIVES_OR_FOLLOWS)]
        roles = chunk["trial_arm_interventions"]
        return roles["role"].notna() & ~roles["nct_id"].isin(within)


class ExpectConstructsToFitTheirTargets(WarningSentence):
    """A product without stated targets may have any construct."""

    description: str = "A single CAR has one target, a dual one two, a multi one more"
    fault = "a construct has another number of targets than its kind can have"
    reads = ("car_t_products: construct target_antigens",)
    at_fault = "construct"

    def wrong(self, chunk: Chunk) -> Wrong:
        constructs = scalars(chunk, "car_t_products", "construct")
        targets = lists(chunk, "car_t_products", "target_antigens")
        return np.array(
            [_misfits(construct, len(named or ())) for construct, named in zip(constructs, targets, strict=True)]
        )


class ExpectDeliveryInsideTheBodyToMeanInVivo(WarningSentence):
    description: str = "A receptor delivered inside the body makes in vivo cells, and no others"
    fault = "a receptor is delivered inside the body and the cells are not in vivo, or the other way round"
    reads = ("car_t_products: gene_delivery cell_source",)
    at_fault = "cell_source"

    def wrong(self, chunk: Chunk) -> Wrong:
        products = chunk["car_t_products"]
        inside = products["gene_delivery"].isin(MADE_INSIDE_THE_BODY)
        in_vivo = products["cell_source"] == "in vivo"
        return products["gene_delivery"].notna() & (inside != in_vivo.fillna(False))


class ExpectTargetsToBeTheUnionOfItsProducts(Sentence):
    description: str = "A profile's targets are the union of its products' targets, in order"
    fault = "a profile's targets are not the union of its products' targets, in order"
    reads = ("car_t_profiles: nct_id target_antigens", "car_t_products: nct_id target_antigens")
    at_fault = "target_antigens"

    def wrong(self, chunk: Chunk) -> Wrong:
        of_products = sets(chunk, "car_t_products", "target_antigens")
        given = zip(
            scalars(chunk, "car_t_profiles", "nct_id"),
            lists(chunk, "car_t_profiles", "target_antigens"),
            strict=True,
        )
        return np.array([(named or []) != sorted(of_products.get(nct_id, ())) for nct_id, named in given])


class ExpectCellsToBeThoseOfItsProducts(Sentence):
    """One product that does not state it leaves the trial's value to the others; it never makes `several`."""

    description: str = "A profile's cell type and source are its products', or several where they differ"
    fault = "a profile's cell type or source is not that of its products"
    reads = ("car_t_profiles: nct_id cell_type cell_source", "car_t_products: nct_id cell_type cell_source")

    def wrong(self, chunk: Chunk) -> Wrong:
        wrong = np.zeros(chunk.rows("car_t_profiles"), dtype=bool)
        nct_ids = scalars(chunk, "car_t_profiles", "nct_id")
        for name in ("cell_type", "cell_source"):
            of_products = sets(chunk, "car_t_products", name)
            for row, (nct_id, said) in enumerate(zip(nct_ids, scalars(chunk, "car_t_profiles", name), strict=True)):
                stated = of_products.get(nct_id, set())
                wrong[row] |= said is not None and stated != {said} and not (said == SEVERAL and len(stated) > 1)
        return wrong


class ExpectComparatorToBeTheStrongest(Sentence):
    description: str = "The comparator is the strongest of the comparators"
    fault = "the comparator is not the strongest of the comparators"
    reads = ("car_t_profiles: comparator comparators",)
    at_fault = "comparator"

    def wrong(self, chunk: Chunk) -> Wrong:
        strongest = scalars(chunk, "car_t_profiles", "comparator")
        named = lists(chunk, "car_t_profiles", "comparators")
        return np.array([one != _strongest(several or []) for one, several in zip(strongest, named, strict=True)])


class ExpectDosesToBePossible(WarningSentence):
    description: str = "A dose of cells lies between ten thousand and a million million"
    fault = "a dose of cells is below ten thousand or above a million million"
    reads = ("trial_doses: dose unit",)
    at_fault = "dose"
    is_bad_field = True

    def wrong(self, chunk: Chunk) -> Wrong:
        doses = chunk["trial_doses"]
        of_cells = doses["unit"].str.startswith("cells").fillna(False)
        return of_cells & ((doses["dose"] < FEWEST_CELLS) | (doses["dose"] > MOST_CELLS))


class ExpectFollowUpToEndWithinTwentyYears(WarningSentence):
    description: str = "No follow-up lasts beyond twenty years"
    fault = "a follow-up lasts beyond twenty years"
    reads = ("car_t_profiles: follow_up_months",)
    at_fault = "follow_up_months"
    is_bad_field = True

    def wrong(self, chunk: Chunk) -> Wrong:
        return chunk["car_t_profiles"]["follow_up_months"] > LONGEST_FOLLOW_UP_MONTHS


class ExpectSteroidCeilingsToBePossible(WarningSentence):
    description: str = "No ceiling on prednisone is above 200 mg a day"
    fault = "a ceiling on prednisone is above 200 mg a day"
    reads = ("car_t_profiles: max_prednisone_mg_per_day",)
    at_fault = "max_prednisone_mg_per_day"
    is_bad_field = True

    def wrong(self, chunk: Chunk) -> Wrong:
        return chunk["car_t_profiles"]["max_prednisone_mg_per_day"] > HIGHEST_PREDNISONE_MG


def _misfits(construct: str | None, targets: int) -> bool:
    fewest, most = TARGETS_OF.get(construct or "", (0, 99))
    return targets > 0 and not fewest <= targets <= most


def _strongest(comparators: list[str]) -> str | None:
    return min(comparators, key=_strength, default=None)


def _strength(comparator: str) -> int:
    return COMPARATORS.index(comparator) if comparator in COMPARATORS else len(COMPARATORS)


SENTENCES: tuple[type[Sentence], ...] = (
    ExpectInScopeTrialsToHaveDiseases,
    ExpectDiseasesToBeThoseOfItsRows,
    ExpectLupusNephritisToCountAsSLE,
    ExpectDiseasesToCountAsTheirParentsToo,
    ExpectProfilesWhereCellsAreGivenOrFollowed,
    ExpectInScopeTrialsToGiveAProduct,
    ExpectRolesOnlyWhereCellsAreGivenOrFollowed,
    ExpectConstructsToFitTheirTargets,
    ExpectDeliveryInsideTheBodyToMeanInVivo,
    ExpectTargetsToBeTheUnionOfItsProducts,
    ExpectCellsToBeThoseOfItsProducts,
    ExpectComparatorToBeTheStrongest,
    ExpectDosesToBePossible,
    ExpectFollowUpToEndWithinTwentyYears,
    ExpectSteroidCeilingsToBePossible,
)
