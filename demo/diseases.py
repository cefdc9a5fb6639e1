"""Diseases with the words that made-up records use for them; MeSH names and numbers are facts."""

# ruff: noqa: E501 (tables and sentences: a line each)

from __future__ import annotations

from typing import NamedTuple

Mesh = tuple[str, str]

AUTOIMMUNE: Mesh = ("D001327", "Autoimmune Diseases")
IMMUNE: Mesh = ("D007154", "Immune System Diseases")
CONNECTIVE: Mesh = ("D003240", "Connective Tissue Diseases")
SKIN: Mesh = ("D017437", "Skin and Connective Tissue Diseases")
NERVOUS: Mesh = ("D009422", "Nervous System Diseases")
NERVOUS_AUTOIMMUNE: Mesh = ("D020274", "Autoimmune Diseases of the Nervous System")
BLOOD: Mesh = ("D006402", "Hematologic Diseases")
VESSELS: Mesh = ("D014652", "Vascular Diseases")
ENDOCRINE: Mesh = ("D004700", "Endocrine System Diseases")
RHEUMATIC: Mesh = ("D012216", "Rheumatic Diseases")


class Disease(NamedTuple):
    name: str  # in running text
    labels: tuple[str, ...]  # as conditions give it
    short: str
    mesh: Mesh | None
    ancestors: tuple[Mesh, ...]
    inclusion: str
    response: tuple[str, str]  # an outcome measure of benefit, and how it is defined


DISEASES = {
    "SLE": Disease(
        "systemic lupus erythematosus", ("Systemic Lupus Erythematosus", "SLE", "Lupus Erythematosus, Systemic",
        "Refractory Systemic Lupus Erythematosus (SLE)", "Systemic Lupus Erythematosus (SLE)"), "SLE",
        ("D008180", "Lupus Erythematosus, Systemic"), (CONNECTIVE, SKIN, AUTOIMMUNE, IMMUNE),
        "Meets the 2019 EULAR/ACR classification of SLE and has a SLEDAI-2K of {low} or more in spite of treatment",
        ("DORIS remission", "Share of participants in remission off therapy by the DORIS definition")),
    "LN": Disease(
        "lupus nephritis", ("Lupus Nephritis", "Lupus Nephritis (LN)", "Refractory Lupus Nephritis"), "LN",
        ("D008181", "Lupus Nephritis"), (CONNECTIVE, AUTOIMMUNE, IMMUNE),
        "Biopsy within {low} months showing class III or IV lupus nephritis, with or without class V, active on the slide",
        ("Complete renal response", "Urine protein to creatinine ratio of 0.5 g/g or less with a steady eGFR")),
    "IIM": Disease(
        "idiopathic inflammatory myopathy", ("Idiopathic Inflammatory Myopathies", "Dermatomyositis", "Myositis",
        "Polymyositis", "Immune-Mediated Necrotizing Myopathy"), "IIM", ("D009220", "Myositis"), (AUTOIMMUNE, IMMUNE),
        "Dermatomyositis, necrotising myopathy or antisynthetase syndrome with weak muscles after {low} earlier drugs",
        ("Total improvement score", "Major response by the ACR/EULAR myositis response criteria")),
    "SSc": Disease(
        "systemic sclerosis", ("Systemic Sclerosis", "Diffuse Cutaneous Systemic Sclerosis", "Scleroderma, Systemic",
        "Systemic Sclerosis (SSc)"), "SSc", ("D012595", "Scleroderma, Systemic"), (CONNECTIVE, SKIN, AUTOIMMUNE),
        "Diffuse skin thickening with a modified Rodnan score of at least 1{low}, or lung disease that worsens on imaging",
        ("Revised CRISS", "Revised combined response index, taken at each yearly visit")),
    "MG": Disease(
        "myasthenia gravis", ("Myasthenia Gravis", "Generalized Myasthenia Gravis", "Myasthenia Gravis, Generalized"),
        "gMG", ("D009157", "Myasthenia Gravis"), (NERVOUS, NERVOUS_AUTOIMMUNE, AUTOIMMUNE),
        "Generalised myasthenia of MGFA class II to IV with antibodies to AChR or MuSK and an MG-ADL of at least {low}",
        ("Change in MG-ADL", "Points lost on the MG-ADL scale against the day before infusion")),
    "MS": Disease(
        "multiple sclerosis", ("Multiple Sclerosis", "Progressive Multiple Sclerosis", "Relapsing Multiple Sclerosis"),
        "MS", ("D009103", "Multiple Sclerosis"), (NERVOUS, NERVOUS_AUTOIMMUNE, AUTOIMMUNE),
        "Relapsing or progressive multiple sclerosis by the 2017 McDonald criteria, EDSS from 3 to {low}",
        ("New T2 lesions", "Number of new or growing T2 lesions on a brain scan")),
    "NMOSD": Disease(
        "neuromyelitis optica spectrum disorder", ("Neuromyelitis Optica Spectrum Disorder", "NMOSD",
        "Neuromyelitis Optica Spectrum Disorders"), "NMOSD", ("D009471", "Neuromyelitis Optica"),
        (NERVOUS, NERVOUS_AUTOIMMUNE, AUTOIMMUNE),
        "AQP4-IgG in serum and at least {low} attacks in two years although rituximab or tocilizumab was given",
        ("Yearly attack rate", "Adjudicated attacks for each year under observation")),
    "RA": Disease(
        "rheumatoid arthritis", ("Rheumatoid Arthritis", "Refractory Rheumatoid Arthritis", "Arthritis, Rheumatoid"),
        "RA", ("D001172", "Arthritis, Rheumatoid"), (RHEUMATIC, CONNECTIVE, AUTOIMMUNE),
        "Seropositive rheumatoid arthritis, DAS28-CRP above 3.2 after {low} or more biological or targeted drugs",
        ("ACR50", "Share of participants with a fifty per cent gain by ACR criteria")),
    "AAV": Disease(
        "ANCA-associated vasculitis", ("ANCA Associated Vasculitis", "Granulomatosis With Polyangiitis",
        "ANCA-Associated Vasculitis (AAV)", "Microscopic Polyangiitis"), "AAV",
        ("D056648", "Anti-Neutrophil Cytoplasmic Antibody-Associated Vasculitis"), (VESSELS, AUTOIMMUNE, IMMUNE),
        "GPA or MPA with antibodies to PR3 or MPO and a relapse, BVAS at least {low}, in spite of rituximab",
        ("BVAS of zero", "No active item on the Birmingham score and prednisone at most 5 mg a day")),
    "ITP": Disease(
        "immune thrombocytopenia", ("Immune Thrombocytopenia", "Primary Immune Thrombocytopenia (ITP)", "ITP"), "ITP",
        ("D016553", "Purpura, Thrombocytopenic, Idiopathic"), (BLOOD, AUTOIMMUNE, IMMUNE),
        "Primary ITP for over a year, platelets under 30 x 10^9/L, and failure of {low} or more lines",
        ("Durable platelet response", "Platelets of 50 x 10^9/L or more without rescue at six of eight visits")),
    "AIHA": Disease(
        "autoimmune haemolytic anaemia", ("Autoimmune Hemolytic Anemia", "Warm Autoimmune Hemolytic Anemia",
        "Evans Syndrome"), "AIHA", ("D000744", "Anemia, Hemolytic, Autoimmune"), (BLOOD, AUTOIMMUNE, IMMUNE),
        "Warm or mixed autoimmune haemolytic anaemia, or Evans syndrome, that came back after {low} lines",
        ("Haemoglobin response", "Haemoglobin of 110 g/L or more with no transfusion in four weeks")),
    "PV": Disease(
        "pemphigus vulgaris", ("Pemphigus Vulgaris", "Pemphigus", "Mucosal-dominant Pemphigus Vulgaris"), "PV",
        ("D010392", "Pemphigus"), (SKIN, AUTOIMMUNE, IMMUNE),
        "Pemphigus vulgaris proven by biopsy, antibodies to desmoglein 3 and a PDAI activity score of {low} or more",
        ("PDAI activity score", "Fall of the PDAI activity score from the visit before infusion")),
    "T1D": Disease(
        "type 1 diabetes", ("Type 1 Diabetes", "Type 1 Diabetes Mellitus", "New-onset Type 1 Diabetes"), "T1D",
        ("D003922", "Diabetes Mellitus, Type 1"), (ENDOCRINE, AUTOIMMUNE, IMMUNE),
        "Type 1 diabetes found within {low} months, at least one islet autoantibody and C-peptide still made",
        ("C-peptide area", "Stimulated C-peptide over two hours after a mixed meal")),
    "IgG4": Disease(
        "IgG4-related disease", ("IgG4-Related Disease", "Immunoglobulin G4-Related Disease"), "IgG4-RD",
        ("D000077733", "Immunoglobulin G4-Related Disease"), (AUTOIMMUNE, IMMUNE),
        "IgG4-related disease of {low} or more organs by the 2019 ACR/EULAR criteria with a relapse on steroids",
        ("Flare-free time", "Days from infusion to the first flare that needs treatment")),
    "SjD": Disease(
        "Sjögren's disease", ("Sjogren's Syndrome", "Sjögren's Disease", "Primary Sjogren Syndrome"), "SjD",
        ("D012859", "Sjogren's Syndrome"), (AUTOIMMUNE, IMMUNE),
        "Anti-Ro positive Sjögren's disease with an ESSDAI of at least {low} or a failing organ",
        ("ESSDAI change", "Points lost on the ESSDAI, with the saliva flow beside it")),
    "APS": Disease(
        "antiphospholipid syndrome", ("Antiphospholipid Syndrome", "Catastrophic Antiphospholipid Syndrome"), "APS",
        ("D016736", "Antiphospholipid Syndrome"), (AUTOIMMUNE, IMMUNE),
        "Triple positive antiphospholipid syndrome with a clot in the last {low} years although anticoagulated",
        ("Antibody loss", "Antiphospholipid antibodies below the cut-off on two visits twelve weeks apart")),
    "CIDP": Disease(
        "chronic inflammatory demyelinating polyneuropathy", ("CIDP",
        "Chronic Inflammatory Demyelinating Polyradiculoneuropathy"), "CIDP",
        ("D020277", "Polyradiculoneuropathy, Chronic Inflammatory Demyelinating"), (NERVOUS, AUTOIMMUNE),
        "Typical CIDP or an autoimmune nodopathy, INCAT disability of {low} or more on immunoglobulin",
        ("INCAT disability", "Gain of one point or more on the adjusted INCAT scale")),
    "AIE": Disease(
        "autoimmune encephalitis", ("Autoimmune Encephalitis", "Stiff-Person Syndrome"), "AIE", None,
        (NERVOUS, NERVOUS_AUTOIMMUNE),
        "Autoimmune encephalitis or stiff person syndrome with a known antibody and {low} failed treatments",
        ("Modified Rankin scale", "Gain of one point or more on the modified Rankin scale")),
    "MN": Disease(
        "membranous nephropathy", ("Primary Membranous Nephropathy", "Membranous Nephropathy"), "pMN",
        ("D015433", "Glomerulonephritis, Membranous"), (IMMUNE,),
        "PLA2R-positive membranous nephropathy that still spills {low} g of protein or more in a day",
        ("Proteinuria remission", "Protein under 0.3 g a day with albumin back in range")),
    "basket": Disease(
        "B cell-mediated autoimmune disease", ("Autoimmune Diseases", "Autoimmune Disease",
        "Refractory Autoimmune Diseases", "B Cell-related Autoimmune Disease"), "AID",
        ("D001327", "Autoimmune Diseases"), (IMMUNE,),
        "One of the diseases of the list (SLE, systemic sclerosis, dermatomyositis, ANCA vasculitis), {low} drugs failed",
        ("Treatment-free remission", "Months without any immune-suppressing drug, by disease")),
    "cGVHD": Disease(
        "chronic graft-versus-host disease", ("Chronic Graft-versus-host-disease", "cGVHD"), "cGVHD",
        ("D006086", "Graft vs Host Disease"), (IMMUNE,),
        "Moderate or severe chronic GVHD by the NIH consensus after {low} or more lines, steroids among them",
        ("Overall response of cGVHD", "Complete or partial response by the NIH working group")),
    "lymphoma": Disease(
        "B-cell non-Hodgkin lymphoma", ("B-cell Non Hodgkin Lymphoma", "Lymphoma, B-Cell"), "B-NHL",
        ("D016393", "Lymphoma, B-Cell"), (IMMUNE,),
        "CD19-positive B-cell lymphoma that came back after {low} or more lines",
        ("Lymphoma response", "Complete response on PET by the Lugano scale")),
}  # fmt: skip
