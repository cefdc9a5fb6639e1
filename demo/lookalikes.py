"""What a search for CAR cells in immune disease brings besides: cancer, engagers, other cells, other CARTs."""

# ruff: noqa: E501 (tables and sentences: a line each)

from __future__ import annotations

from demo.plan import WrittenOut

LYMPHOMA = (("D016393", "Lymphoma, B-Cell"),)
MYELOMA = (("D009101", "Multiple Myeloma"),)
LUPUS = (("D008180", "Lupus Erythematosus, Systemic"),)
NO_AUTOIMMUNITY = "Active autoimmune disease that needs treatment, such as systemic lupus erythematosus"
FLU_CY = (("DRUG", "Fludarabine", "Before the cells"), ("DRUG", "Cyclophosphamide", "Before the cells"))


def cancer(
    number: int, title: str, disease: str, cells: str, *, excluded: str = NO_AUTOIMMUNITY, shows: str = "",
    meshes: tuple[tuple[str, str], ...] = LYMPHOMA, posted: str = "2023-04-04", sponsor: str = "texas",
    status: str = "RECRUITING",
) -> WrittenOut:  # fmt: skip
    """A CAR trial in cancer: out of scope, whatever its exclusion criteria name."""
    return WrittenOut(
        f"NCT903{number:05d}", title,
        f"People with {disease} that came back are given {cells} after chemotherapy, and are watched for response.",
        (disease,), (("BIOLOGICAL", cells, f"{cells} by vein on day 0"), *FLU_CY),
        (f"{disease} that came back after two lines", "Aged 18 years or older", "ECOG 0 to 2"),
        (excluded, "Brain metastases", "Pregnancy"), shows or "cancer; autoimmune disease stands among the exclusions",
        posted=posted, meshes=meshes, sponsor=sponsor, status=status, outcome=("Objective response rate", "6 months"),
    )  # fmt: skip


CANCER = (
    cancer(1, "CD19 CAR-T Cells for Large B-Cell Lymphoma That Came Back", "Large B-cell lymphoma", "CD19 CAR-T cells"),
    cancer(2, "BCMA CAR-T in Relapsed Multiple Myeloma", "Multiple myeloma", "BCMA CAR-T cells", meshes=MYELOMA,
           excluded="Autoimmune diseases, for instance rheumatoid arthritis or lupus, in the last two years"),
    cancer(3, "CD19/CD22 CAR-T for B-Cell Acute Lymphoblastic Leukemia", "B-cell acute lymphoblastic leukemia",
           "CD19/CD22 CAR-T cells", excluded="Acute or chronic graft-versus-host disease of any grade",
           meshes=(("D015452", "Precursor B-Cell Lymphoblastic Leukemia-Lymphoma"),)),
    cancer(4, "B7-H3 CAR-T Given Into the Ventricle for Glioblastoma", "Glioblastoma", "B7-H3 CAR-T cells",
           meshes=(("D005909", "Glioblastoma"),), posted="2022-10-11"),
    cancer(5, "CD19 CAR-T Cells With or Without Radiotherapy to Involved Lymph Nodes (LN)", "Lymph node (LN) lymphoma",
           "CD19 CAR-T cells", shows="LN is a lymph node here"),
    cancer(6, "CD7 CAR-T Cells in Sézary Syndrome (SS)", "Sezary syndrome", "CD7 CAR-T cells",
           shows="SS is Sézary syndrome here", meshes=(("D012751", "Sezary Syndrome"),)),
    cancer(7, "CD19 CAR-T in Marginal Zone Lymphoma, Also With Sjögren's Syndrome", "Marginal zone lymphoma",
           "CD19 CAR-T cells", excluded="Organ transplant", shows="lymphoma that tolerates Sjögren's: cancer"),
    cancer(8, "GPRC5D CAR-T Cells for Plasma Cell Leukemia", "Plasma cell leukemia", "GPRC5D CAR-T cells",
           meshes=MYELOMA, posted="2025-03-25", sponsor="hefei"),
    cancer(9, "Allogeneic CD70 CAR-T in Renal Cell Carcinoma", "Renal cell carcinoma", "CD70 CAR-T cells",
           meshes=(("D002292", "Carcinoma, Renal Cell"),), posted="2024-05-07", status="COMPLETED"),
)  # fmt: skip

NO_CAR = (
    WrittenOut("NCT90300021", "A CD3xCD19 Engager for Systemic Lupus Erythematosus", "An antibody that ties T cells to B "
               "cells is given under the skin to adults with lupus. No cell is changed.",
               ("Systemic Lupus Erythematosus",), (("DRUG", "TCX-319", "T-cell engager against CD3 and CD19"),),
               ("Adults with SLE", "SLEDAI-2K of 6 or more"), ("Earlier CAR-T treatment",),
               "T-cell engager in SLE: not a CAR", "quillfeather", "2025-06-03", meshes=LUPUS),
    WrittenOut("NCT90300022", "Teclistamab in Rheumatoid Arthritis Without Other Options", "Teclistamab, an engager of "
               "BCMA and CD3, is tried in five adults.", ("Rheumatoid Arthritis",),
               (("DRUG", "Teclistamab", "Rising doses under the skin"),), ("Adults with RA after five drugs",),
               ("CAR-T cell therapy at any time",), "T-cell engager with a BCMA arm: not a CAR", "erlangen", "2024-09-17",
               enrollment=5, sites=("Erlangen",), meshes=(("D001172", "Arthritis, Rheumatoid"),)),
    WrittenOut("NCT90300023", "Blinatumomab for Myasthenia Gravis", "Low doses of blinatumomab by continuous infusion.",
               ("Myasthenia Gravis",), (("DRUG", "Blinatumomab", "Five days by pump"),), ("Generalised myasthenia",),
               ("Thymoma",), "T-cell engager in myasthenia", "milan", "2025-02-04", sites=("Milan",)),
    WrittenOut("NCT90300024", "Stopping or Changing cART in Pregnancy", "Women with HIV compare two combined "
               "antiretroviral treatments (cART).", ("HIV Infections",), (("DRUG", "CART", "Combined antiretrovirals"),),
               ("HIV infection treated with CART",), ("Hepatitis B",), "CART is antiretroviral therapy here", "institute",
               "2021-03-09", phases=("PHASE4",), sites=("Cape Town",), enrollment=240, status="COMPLETED"),
    WrittenOut("NCT90300025", "Cortisol Awakening Response (CAR) and Fatigue in Lupus", "Saliva cortisol after waking, the "
               "CAR, is set against a fatigue diary.", ("Systemic Lupus Erythematosus", "Fatigue"),
               (("BEHAVIORAL", "Sleep advice", "One hour with a nurse"),), ("SLE with fatigue",), ("Shift work",),
               "CAR is the cortisol awakening response here", "milan", "2022-06-21", phases=("NA",), sites=("Milan",),
               meshes=LUPUS, outcome=("CAR, area under the curve", "8 weeks")),
    WrittenOut("NCT90300026", "Umbilical Cord Mesenchymal Cells in Lupus Nephritis", "Donated cord mesenchymal cells are "
               "infused twice.", ("Lupus Nephritis",), (("BIOLOGICAL", "Mesenchymal stem cells", "Two infusions"),),
               ("Class IV lupus nephritis",), ("Dialysis",), "mesenchymal cells carry no CAR", "hefei", "2020-09-15",
               phases=("PHASE2",), sites=("Hefei",), meshes=(("D008181", "Lupus Nephritis"),), status="UNKNOWN"),
    WrittenOut("NCT90300027", "Autologous Stem Cells After Melphalan in Systemic Sclerosis", "High-dose treatment and the "
               "return of the participant's own stem cells.", ("Systemic Sclerosis",),
               (("PROCEDURE", "Autologous HSCT", "Stem cells after cyclophosphamide and ATG"),),
               ("Diffuse systemic sclerosis",), ("Earlier transplant",), "autologous transplant, no CAR", "paris",
               "2021-10-26", phases=("PHASE2",), sites=("Paris", "Lille"), meshes=(("D012595", "Scleroderma, Systemic"),)),
    WrittenOut("NCT90300028", "Donor NK Cells With Rituximab in Lupus", "Natural killer cells of a donor, not modified, "
               "are given with rituximab.", ("SLE",), (("BIOLOGICAL", "NK cells", "Unmodified donor NK cells"),
               ("DRUG", "Rituximab", "Before the cells")), ("SLE after two drugs",), ("Asthma",),
               "NK cells without a CAR", "lanternfish", "2024-03-19", sites=("Seattle",), meshes=LUPUS),
    WrittenOut("NCT90300029", "Polyclonal Regulatory T Cells in New Type 1 Diabetes", "Expanded regulatory T cells of the "
               "participant, without genetic change.", ("Type 1 Diabetes",),
               (("BIOLOGICAL", "PolyTregs", "Two infusions"),), ("T1D within a year",), ("Insulin pump trial",),
               "regulatory T cells without a CAR", "children", "2022-02-08", sites=("San Francisco",),
               meshes=(("D003922", "Diabetes Mellitus, Type 1"),)),
    WrittenOut("NCT90300030", "An Oral Kinase Blocker in Active Lupus", "Tablets or placebo for a year on top of usual "
               "care.", ("Systemic Lupus Erythematosus",), (("DRUG", "Zz-kinib", "Tablets"), ("DRUG", "Placebo", "Tablets")),
               ("SLE on steady treatment",), ("Any CAR-T cell treatment before",), "drug trial that excludes earlier CAR-T",
               "tanglethorn", "2025-08-05", phases=("PHASE2",), enrollment=200, sites=("London", "Warsaw", "Sofia"),
               meshes=LUPUS),
    WrittenOut("NCT90300031", "Anifrolumab Against Usual Care After B-Cell Depletion in Lupus", "Open comparison in lupus "
               "after rituximab.", ("Lupus Erythematosus, Systemic",), (("DRUG", "Anifrolumab", "Every four weeks"),),
               ("SLE after rituximab",), ("CD19-directed CAR-T therapy in the past",),
               "drug trial; CAR-T only among exclusions", "erlangen", "2025-04-29", phases=("PHASE4",),
               sites=("Erlangen", "Vienna"), meshes=LUPUS),
    WrittenOut("NCT90300032", "BCMA CAR-T Before Kidney Transplant in People With Many Antibodies", "Cells lower HLA "
               "antibodies so that a kidney can be found.", ("Kidney Failure", "HLA Sensitization"),
               (("BIOLOGICAL", "BCMA CAR-T cells", "Once"), *FLU_CY), ("cPRA of 99.5 % or more",), ("Lupus nephritis",),
               "desensitisation before transplant: CAR cells, but no immune-mediated disease", "boston", "2024-06-04",
               sites=("Boston",)),
    WrittenOut("NCT90300033", "Siltuximab for Cytokine Release After CAR-T in Lymphoma", "Treatment of cytokine release "
               "that tocilizumab did not stop.", ("Cytokine Release Syndrome", "Lymphoma"),
               (("DRUG", "Siltuximab", "Once"),), ("CRS after commercial CAR-T",), ("Autoimmune disease on treatment",),
               "a drug for a side effect of CAR-T", "texas", "2023-08-22", phases=("PHASE2",), meshes=LYMPHOMA),
    WrittenOut("NCT90600006", "A BCMA x CD3 Engager for Primary Sjögren's Disease", "A second engager, under the skin, "
               "each month.", ("Sjogren's Syndrome",), (("DRUG", "TCX-720", "T-cell engager of BCMA and CD3"),),
               ("Anti-Ro positive disease",), ("Cell therapy before",), "new on night 2, and no CAR trial: nobody is told",
               "quillfeather", "2026-09-01", sites=("Denver",), meshes=(("D012859", "Sjogren's Syndrome"),)),
)  # fmt: skip

FOLLOW_UP = (
    WrittenOut("NCT90200001", "Fifteen Years After FBL-119: a Follow-up Study", "Everyone who was given FBL-119 in "
               "NCT90100001 or NCT90100008 is seen once a year for fifteen years. No cells are given here.",
               ("Systemic Lupus Erythematosus", "ANCA-Associated Vasculitis"),
               (("GENETIC", "FBL-119", "CAR T cells given in the earlier study; nothing is given now"),),
               ("Was given FBL-119, an autologous CD19 CAR-T product, in NCT90100001",), ("None",),
               "long-term follow-up that names its parent", "fabulon", "2024-06-11", None, "OBSERVATIONAL", "follow_up",
               "ENROLLING_BY_INVITATION", 200, ("Boston", "Chicago", "Paris"), LUPUS,
               ("Second primary malignancies", "15 years"), ("follow_up_of", "NCT90100001")),
    WrittenOut("NCT90200002", "Rollover Study for Recipients of MMB-7", "A home for those who end NCT90100044; late harm "
               "and B-cell counts are recorded.", ("SLE", "Myasthenia Gravis"),
               (("BIOLOGICAL", "MMB-7", "BCMA CAR-T cells given in the parent study"),),
               ("Was treated with MMB-7 (BCMA CAR-T)",), ("None",), "extension of a finished trial", "marmalade",
               "2023-10-17", None, "OBSERVATIONAL", "follow_up", "ENROLLING_BY_INVITATION", 60, ("Philadelphia",), LUPUS,
               ("Replication-competent virus", "15 years"), ("extension_of", "NCT90100044")),
    WrittenOut("NCT90200003", "Registry of CAR-T Recipients With Rheumatic Disease in Europe", "Hospitals enter what "
               "happens after CAR-T cells given for rheumatic diseases, inside or outside of trials.",
               ("Systemic Lupus Erythematosus", "Systemic Sclerosis", "Myositis"),
               (("OTHER", "No intervention", "Observation of people treated with CAR-T"),),
               ("Was given CAR-T cells for lupus, systemic sclerosis or myositis",), ("Consent withdrawn",),
               "registry of recipients, no parent named", "network", "2025-01-14", None, "OBSERVATIONAL", "follow_up",
               "RECRUITING", 500, ("Erlangen", "Paris", "Leiden", "Milan", "Madrid"), LUPUS,
               ("Survival without organ failure", "10 years")),
    WrittenOut("NCT90200004", "B-Cell Return After CD19 CAR-T in Lupus: Blood Samples", "Blood is taken from people who "
               "had CD19 CAR-T for SLE, to learn which B cells come back.", ("SLE",),
               (("DIAGNOSTIC_TEST", "Blood sample", "At six visits"),), ("Had CD19 CAR-T for SLE",), ("Anaemia",),
               "biomarker study in recipients", "hangzhou", "2025-09-30", None, "OBSERVATIONAL", "follow_up", "RECRUITING",
               40, ("Hangzhou",), LUPUS, ("Naive B cells", "2 years")),
    WrittenOut("NCT90200005", "Vaccination After CAR-T for Autoimmune Disease", "Antibody answers to two vaccines in people "
               "who were treated with CAR-T cells for an autoimmune disease.", ("Autoimmune Diseases", "Vaccine Response"),
               (("BIOLOGICAL", "Influenza vaccine", "One dose"),), ("CAR-T for autoimmune disease over a year ago",),
               ("Egg allergy",), "a vaccine for recipients: neither gives CAR cells nor follows them", "erlangen", "2026-02-10",
               ("PHASE4",), "INTERVENTIONAL", "out_of_scope", "RECRUITING", 45, ("Erlangen", "Berlin"),
               (("D001327", "Autoimmune Diseases"),), ("Antibody titre", "6 months")),
)  # fmt: skip

WRITTEN_OUT = (*CANCER, *NO_CAR, *FOLLOW_UP)
