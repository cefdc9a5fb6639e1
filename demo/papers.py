"""The papers: some that report a trial, some in an odd form, some off the topic, and reviews between them."""

# ruff: noqa: E501 (tables and sentences: a line each)

from __future__ import annotations

from dataclasses import replace

from demo.diseases import DISEASES
from demo.draws import Draw
from demo.paper import Paper
from demo.places import CITIES

LUPUS = ("D008180", "Lupus Erythematosus, Systemic")
CAR = ("D000076962", "Receptors, Chimeric Antigen")
ADOPTIVE = ("D016219", "Immunotherapy, Adoptive")
HUMANS = ("D006801", "Humans")
PHASE1 = ("Journal Article", "Clinical Trial, Phase I")


def report(of: str, count: int, gain: str) -> tuple[tuple[str, str], ...]:
    return (
        ("BACKGROUND", f"We wished to know what CAR-T cells do in {of} when other drugs have run out."),
        ("METHODS", f"In all {count} people were infused after lymphodepletion and stopped their other medicines."),
        ("RESULTS", f"{gain} Cytokine release syndrome was mild and short, and one person had a brief confusion."),
        ("CONCLUSIONS", "The numbers are small, yet they speak for a larger trial."),
    )


NOTABLE = (
    Paper("90000001", "FBL-119 in systemic lupus erythematosus: first twelve participants",
          report("lupus", 12, "Nine of twelve were free of activity at month six."), "2025-04-11", "rheum", PHASE1,
          ("NCT90100001",), (LUPUS, CAR, ADOPTIVE, HUMANS), shows="reports NCT90100001 by its registry number"),
    Paper("90000002", "Antibodies or cells for ANCA vasculitis? A review", "Rituximab and avacopan are set against CD19 "
          "CAR-T cells in a reading of the literature.", "2021-06", "immuno", ("Journal Article", "Review"),
          shows="background of NCT90100008"),
    Paper("90000003", "BCMA CAR-T cells in nine people with lupus", report("lupus", 9, "Five reached remission."),
          "2024-11-02", "rheum", PHASE1, (), (LUPUS, CAR, HUMANS), shows="RESULT reference of NCT90100044, dated after its "
          "start: reports it"),
    Paper("90000004", "Autologous CD19 CAR-T cells reset B cells in lupus: the Erlangen example",
          report("lupus", 8, "All eight reached remission and kept it."), "2023-02-16", "general",
          ("Journal Article", "Clinical Trial, Phase II"), ("NCT90100036",), (LUPUS, CAR, ADOPTIVE, HUMANS),
          shows="reports NCT90100036; retracted on night 3"),
    Paper("90000005", "DSG3-CAART in pemphigus vulgaris: dose finding",
          report("pemphigus", 14, "Antibody titres fell in six."), "2024-05-30", "cells", PHASE1, ("NCT90100012",),
          (("D010392", "Pemphigus"), HUMANS), shows="reports NCT90100012; corrected on night 3"),
    Paper("90000006", "mRNA CAR-T cells without chemotherapy in myasthenia gravis", "In a randomised trial (NCT90100007) "
          "weekly infusions of BCMA-directed mRNA CAR-T cells were set against placebo. MG-ADL fell by 4.1 points.",
          "2026-01-20", "neuro", ("Journal Article", "Randomized Controlled Trial"), (),
          (("D009157", "Myasthenia Gravis"), HUMANS), shows="names NCT90100007 only in its abstract; expression of "
          "concern on night 3"),
    Paper("90000007", "CAR-T against standard of care in lupus nephritis: protocol of a randomised trial", "This protocol "
          "describes a comparison of FBL-119 with mycophenolate or azathioprine in 180 people.", "2025-09", "kidney",
          ("Journal Article", "Clinical Trial Protocol"), ("NCT90100009",), shows="protocol of NCT90100009"),
    Paper("90000008", "MuSK antibodies before and after plasma exchange", "A laboratory study that came before the cell "
          "trial.", "2019-10-08", "neuro", shows="RESULT reference of NCT90100013, but older than its start: no report"),
    Paper("90000009", "Two years after FBL-119", "Participants of NCT90100001 who entered the follow-up study NCT90200001 "
          "were seen for two years; B cells were back in all.", "2026-06-15", "rheum", PHASE1,
          ("NCT90100001", "NCT90200001"), shows="reports two registrations"),
    Paper("90000010", "CD19 CAR-T cells in antisynthetase syndrome", "Four people were treated in a trial registered as "
          "NCT90999999.", "2025-12-03", "rheum", shows="names a trial that no search has brought: NCT90999999"),
    Paper("90000011", "A girl with lupus and CD19 CAR-T cells", "A twelve-year-old was treated outside of trials and has "
          "needed no medicine since.", "2024-08-19", "general", ("Journal Article", "Case Reports"),
          collective="Imaginary Paediatric Cell Group", shows="a collective author"),
    Paper("90000012", "Cytopenia after CAR-T in rheumatic disease", "Counts of blood cells in 40 people.", "2024 Nov-Dec",
          "blood", shows="date '2024 Nov-Dec'"),
    Paper("90000013", "What patients with lupus think of cell therapy", "Interviews with twenty people about CAR-T.",
          "Winter 2023", "rheum", shows="date 'Winter 2023'"),
    Paper("90000014", "[CAR-T cells for systemic lupus erythematosus].", "A short overview in Chinese of CAR-T in lupus.",
          "2022-03", "immuno", ("Journal Article", "Review"), vernacular="嵌合抗原受体T细胞与系统性红斑狼疮", language="chi",
          shows="a title in another language"),
    Paper("90000015", "CAR-T for everyone with lupus?", "", "2025-07-01", "general", ("Letter",), shows="no abstract"),
    Paper("90000016", "CD19<sup>+</sup> B cells return na&#xef;ve after <i>in vivo</i> CAR T &amp; the memory is lost",
          "Cells below 5 &lt; 10<sup>6</sup>/L counted as gone (<i>P</i>&#x2009;=&#x2009;0.02) in people with lupus after "
          "in vivo CAR-T.", "2026-05-05", "cells", mesh=(LUPUS, CAR), shows="markup in title and abstract"),
    Paper("90000017", "CAR-T in systemic sclerosis: lung function at one year",
          report("systemic sclerosis", 6, "Lung function held in all six."), "2025-10-10", version=2,
          shows="PMID version 2"),
    Paper("90000018", "Donor CAR-NK cells in lupus, a preprint", "Three infusions of CD19 CAR-NK cells were well tolerated "
          "in five people.", "2025-02-20", "cells", ("Preprint",), corrections=(("UpdateIn", "90000019"),),
          shows="preprint"),
    Paper("90000019", "Donor CAR-NK cells in lupus", report("lupus", 7, "Four had a response."), "2025-08-28", "cells",
          PHASE1, ("NCT90100015",), (LUPUS,), corrections=(("UpdateOf", "90000018"),),
          shows="the published form of the preprint; reports NCT90100015"),
    Paper("90000020", "Cell therapy of autoimmune disease", "A chapter on CAR-T cells, CAAR-T cells and regulatory cells.",
          "2024", book=True, shows="a book chapter"),
    Paper("90000021", "CD19 CAR-T for lymphoma in people who also have lupus", "Charts of nine people with lymphoma were "
          "read for flares of autoimmune disease.", "2023-12-12", "blood", shows="cancer first"),
    Paper("90000022", "Carotid plaques and the cortisol awakening response (CAR) in lupus", "No cells here: CAR stands for "
          "a saliva test.", "2022-09-09", "rheum", mesh=(LUPUS,), shows="another CAR"),
    Paper("90000023", "Combined antiretroviral therapy (CART) in people with lupus and HIV", "Outcomes under CART.",
          "2021-01-15", "general", shows="another CART"),
    Paper("90000024", "A CD3xCD19 engager in rheumatoid arthritis", "An antibody and no cell product.", "2025-03-03",
          "rheum", shows="T-cell engager"),
    Paper("90000025", "Constitutive androstane receptor (CAR) in liver of lupus mice", "Mouse livers were examined.",
          "2020-04", "immuno", shows="a receptor in the liver"),
    Paper("90000026", "BCMA CAR-T cells in relapsed multiple myeloma: ten years on", "Survival of 120 people with myeloma.",
          "2026-02-14", "blood", mesh=(("D009101", "Multiple Myeloma"), CAR), shows="cancer"),
)  # fmt: skip

LATER = (
    Paper("90000075", "CD19 and BCMA CAR-T cells given together in lupus and systemic sclerosis",
          report("lupus and systemic sclerosis", 10, "Seven stopped all medicines."), "2026-08-31", "general", PHASE1,
          ("NCT90100004",), shows="new on night 2: reports NCT90100004", night=2),
    Paper("90000076", "YTB323 in lupus: an interim look", "Interim data of a made-up trial (NCT90100027) are shown for "
          "twelve people with lupus.", "2026-08-30", "rheum", shows="new on night 2: names NCT90100027 in its abstract", night=2),
    Paper("90000077", "How to count B cells after CAR-T", "A review of methods in autoimmune disease.", "2026-09", "cells",
          ("Journal Article", "Review"), shows="new on night 2: a review", night=2),
    Paper("90000078", "CD70 CAR-T in kidney cancer", "Cancer only.", "2026-08-29", "blood",
          shows="new on night 2: off the topic", night=2),
    Paper("90000079", "Retraction: Autologous CD19 CAR-T cells reset B cells in lupus", "", "2026-09-02", "general",
          ("Retraction of Publication",), corrections=(("RetractionOf", "90000004"),), shows="new on night 3: the "
          "retraction notice of 90000004", night=3),
    Paper("90000080", "Correction: DSG3-CAART in pemphigus vulgaris", "", "2026-09-02", "cells", ("Published Erratum",),
          corrections=(("ErratumFor", "90000005"),), shows="new on night 3: the correction of 90000005", night=3),
)  # fmt: skip

TITLES = {
    "Review": (
        "Where do CAR-T cells stand in {disease}? A view from {city}",
        "Cell therapy for {disease}: promise and price, {year}",
        "{Noun} and {disease}: what a ward in {city} has to know",
    ),
    "Case Reports": (
        "{Noun} in one person with {disease} in {city}",
        "{months} months without drugs: {disease} after {noun}",
    ),
    "Journal Article": (
        "Repertoire of B cells in {disease} after {noun}: the {city} samples",
        "{Noun} from {count} donors with {disease} in the dish",
        "Antibodies in {disease} after {noun}, {city} {year}",
    ),
    "Letter": ("On {noun} for {disease}: a letter from {city}",),
}
TEXTS = {
    "Review": "We read {count} papers on engineered cells in {disease} and sort them by target and by what was measured.",
    "Case Reports": "A person of {count} years with {disease} was given {noun} as a last resort and left the hospital well.",
    "Journal Article": "Samples of {count} people with {disease} were studied before and after {noun}; most B cells that "
    "came back were naive.",
    "Letter": "We comment on {noun} in {disease}.",
}
NOUNS = ("CD19 CAR-T cells", "BCMA CAR-T cells", "CD19/BCMA CAR-T cells", "CAR-T cells", "allogeneic CD19 CAR-T cells",
         "CAR-NK cells", "CAR regulatory T cells")  # fmt: skip
JOURNAL_OF = {
    "MG": "neuro",
    "MS": "neuro",
    "NMOSD": "neuro",
    "CIDP": "neuro",
    "ITP": "blood",
    "AIHA": "blood",
    "LN": "kidney",
}
WEIGHTS = {"SLE": 12.0, "LN": 4.0, "IIM": 4.0, "SSc": 4.0, "MG": 4.0, "MS": 3.0, "RA": 3.0, "AAV": 2.0, "NMOSD": 2.0,
           "ITP": 1.0, "AIHA": 1.0, "CIDP": 1.0, "T1D": 1.0, "basket": 4.0}  # fmt: skip


def ordinary(pmid: str) -> Paper:
    draw = Draw("ordinary paper", pmid)
    disease = DISEASES[key := draw.by_weight(WEIGHTS)]
    kind = draw.by_weight({"Review": 4.0, "Case Reports": 3.0, "Journal Article": 4.0, "Letter": 1.0})
    noun = draw.one(NOUNS)
    words = {
        "disease": disease.name,
        "noun": noun,
        "Noun": noun,
        "count": f"{draw.number(9, 70)}",
        "city": draw.one(tuple(CITIES)),
        "months": f"{draw.number(7, 40)}",
    }
    words["year"] = (day := draw.day("2021-01-01", "2026-08-20"))[:4]
    types = ("Journal Article", kind) if kind in ("Review", "Case Reports") else (kind,)
    mesh = tuple(m for m in (disease.mesh, CAR if "CAR-T" in noun else None, HUMANS) if m) if day < "2026" else ()
    return Paper(pmid, draw.one(TITLES[kind]).format(**words), TEXTS[kind].format(**words),
                 day if draw.chance(0.7) else day[:7], JOURNAL_OF.get(key, draw.one(("rheum", "cells", "immuno"))), types,
                 mesh=mesh, keywords=(noun, disease.short) if draw.chance(0.5) else ())  # fmt: skip


def papers(night: int) -> list[Paper]:
    """The papers that PubMed gives on a night, as they then are, by PMID."""
    given = [*NOTABLE, *(ordinary(f"{number}") for number in range(90000027, 90000075)), *LATER]
    there = {paper.pmid: paper for paper in given if paper.night <= night}
    if night >= 3:
        retracted, corrected, doubted = (there[pmid] for pmid in ("90000004", "90000005", "90000006"))
        there["90000004"] = replace(retracted, types=(*retracted.types, "Retracted Publication"),
                                    corrections=(("RetractionIn", "90000079"),))  # fmt: skip
        there["90000005"] = replace(corrected, corrections=(("ErratumIn", "90000080"),))
        there["90000006"] = replace(doubted, corrections=(("ExpressionOfConcernIn", None),))
    return [there[pmid] for pmid in sorted(there)]
