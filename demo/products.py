"""Products. The codes are made up; the last few are real codes whose records here leave the facts open.

A real code stands in a made-up trial of a made-up sponsor only so that the product list has to answer
what the record does not say. Nothing is told of the real product beyond its target and cell source.
"""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    name: str  # as an intervention
    nouns: tuple[str, ...]  # what it is, in running text; all state the targets unless `open_facts`
    targets: tuple[str, ...]
    construct: str = "single"
    cell_type: str = "CAR-T"
    source: str | None = "autologous"  # None: the records say nothing of it
    delivery: str | None = None
    other_names: tuple[str, ...] = ()
    open_facts: bool = False  # target and source are left to the product list


PRODUCTS = {
    # companies' products
    "FBL-119": Product("FBL-119", ("autologous anti-CD19 CAR T cells", "CD19-directed CAR-T cells"), ("CD19",),
                       delivery="lentiviral", other_names=("fabulocabtagene autoleucel", "fabu-cel")),
    "FBL-120": Product("FBL-120", ("anti-CD19/CD20 dual CAR T cells",), ("CD19", "CD20"), "dual",
                       delivery="lentiviral"),
    "QFB-1920": Product("QFB-1920", ("tandem CAR-T cells against CD19 and CD20", "bispecific CD19/CD20 CAR T cells"),
                        ("CD19", "CD20"), "dual"),
    "TGW-219": Product("TGW-219", ("dual CAR-T cells that bind BCMA and CD19", "BCMA/CD19 bispecific CAR-T cells"),
                       ("BCMA", "CD19"), "dual", delivery="lentiviral", other_names=("TGW219 injection",)),
    "MMB-7": Product("MMB-7", ("BCMA CAR-T cells", "anti-BCMA CAR T cells"), ("BCMA",), delivery="retroviral"),
    "MMR-08": Product("MMR-08", ("mRNA-engineered BCMA CAR-T cells",), ("BCMA",), delivery="mRNA",
                      other_names=("MMR08 RNA CAR-T",)),
    "PPM-U19": Product("PPM-U19", ("universal CD19 CAR-T cells from healthy donors", "allogeneic CD19 UCAR-T cells"),
                       ("CD19",), source="allogeneic", delivery="knock-in", other_names=("CD19 UCAR-T",)),
    "PPM-U219": Product("PPM-U219", ("universal CD19/BCMA CAR-T cells",), ("BCMA", "CD19"), "dual",
                        source="allogeneic"),
    "PLC-9": Product("PLC-9 injection", ("CD19 CAR-T cells", "CD19‑targeted CAR‑T cells"), ("CD19",)),
    "LFT-219": Product("LFT-219", ("off-the-shelf CD19 CAR T cells grown from an iPSC bank",), ("CD19",),
                       source="allogeneic", other_names=("lanternicabtagene mooreleucel",)),
    "LFN-19": Product("LFN-19", ("iPSC-derived CD19 CAR-NK cells", "CD19 CAR NK cells"), ("CD19",),
                      cell_type="CAR-NK", source="allogeneic"),
    "SGV-301": Product("SGV-301", ("in vivo CD19 CAR-T made by mRNA in lipid nanoparticles",), ("CD19",),
                       source="in vivo", delivery="mRNA-LNP"),
    "SGV-302": Product("SGV-302", ("in vivo BCMA CAR-T by lentiviral vector injection",), ("BCMA",), source="in vivo",
                       delivery="lentiviral in vivo"),
    "COB-G20": Product("COB-G20", ("allogeneic CD20 CAR gamma delta T cells", "CD20-targeting CAR γδ T cells"),
                       ("CD20",), cell_type="CAR-γδT", source="allogeneic"),
    "COB-1970": Product("COB-1970", ("donor-derived CAR T cells against CD19 and CD70",), ("CD19", "CD70"), "dual",
                        source="allogeneic"),
    "GGX-70": Product("GGX-70", ("autologous CD70 CAR-T cells",), ("CD70",)),
    "GGX-D3": Product("GGX-D3", ("DSG3-CAART, autologous chimeric autoantibody receptor T cells that show "
                                 "desmoglein 3",), ("DSG3",), cell_type="CAAR-T", other_names=("DSG3-CAART",)),
    "GGX-MK": Product("GGX-MK", ("MuSK-CAART, autologous chimeric autoantibody receptor T cells that show MuSK",),
                      ("MuSK",), cell_type="CAAR-T", other_names=("MuSK-CAART",)),
    "TWT-6": Product("TWT-6", ("autologous CD6-CAR regulatory T cells (CAR-Treg)",), ("CD6",), cell_type="CAR-Treg"),
    "UMB-7": Product("UMB-7", ("allogeneic CD7 CAR-T cells",), ("CD7",), source="allogeneic"),
    "UMB-FR": Product("UMB-FR", ("BAFF-R CAR-T cells", "CAR-T cells whose ligand binds the BAFF receptor (BAFF-R)"),
                      ("BAFF-R",)),
    "UMB-D19": Product("UMB-D19", ("double-negative T cells with a CD19 CAR (CAR-DNT)",), ("CD19",),
                       cell_type="CAR-DNT", source="allogeneic"),
    "QFB-3": Product("QFB-3", ("trispecific CAR-T cells against CD19, CD20 and CD22",), ("CD19", "CD20", "CD22"),
                     "multi"),
    "STQ-19": Product("STQ-19", ("CD19 STAR-T cells",), ("CD19",),
                      cell_type="STAR-T", source=None),
    "PLC-iNKT": Product("PLC-iNKT", ("CD19 CAR-iNKT cells of healthy donors",), ("CD19",), cell_type="CAR-iNKT",
                        source="allogeneic"),
    # hospitals' products, named for what they are
    "CD19": Product("CD19 CAR-T cells", ("CD19 CAR-T cells", "CAR-T cells directed at CD19"), ("CD19",), source=None),
    "CD19a": Product("Autologous CD19 CAR-T", ("autologous CD19 CAR-T cells",), ("CD19",), delivery="lentiviral"),
    "CART19": Product("CART19", ("CART19 cells",), ("CD19",), source=None),
    "CD19r": Product("CD19 redirected autologous T cells", ("CD19 redirected autologous T cells",), ("CD19",)),
    "BCMA": Product("BCMA CAR-T cells", ("BCMA CAR-T cells", "anti-BCMA CAR-T"), ("BCMA",), source=None),
    "CD19BCMA": Product("CD19/BCMA CAR-T cells", ("CD19/BCMA bispecific CAR-T cells", "CD19/BCMA dual-target CAR-T"),
                        ("BCMA", "CD19"), "dual", source=None),
    "cCAR": Product("BCMA-CD19 cCAR T cells", ("BCMA-CD19 compound CAR (cCAR) T cells",), ("BCMA", "CD19"), "dual"),
    "tan1920": Product("tanCART19/20", ("tandem CD19/CD20 CAR-T cells",), ("CD19", "CD20"), "dual", source=None),
    "UCART": Product("UCAR-T cells", ("universal CAR-T cells (UCAR-T) against CD19",), ("CD19",),
                     source="allogeneic"),
    "CART": Product("CAR-T cells", ("CAR-T cells", "chimeric antigen receptor T cells"), (), source=None),
    "CD19NK": Product("CD19 CAR-NK cells", ("cord blood CD19 CAR-NK cells",), ("CD19",), cell_type="CAR-NK",
                      source="allogeneic"),
    "CD7": Product("CD7 CAR-T cells", ("healthy donor CD7 CAR-T cells",), ("CD7",), source="allogeneic"),
    # real codes: the product list has to say what they are
    "KYV-101": Product("KYV-101", ("KYV-101",), ("CD19",), open_facts=True),
    "CABA-201": Product("CABA-201", ("CABA-201",), ("CD19",), open_facts=True),
    "GC012F": Product("GC012F Injection", ("GC012F",), ("BCMA", "CD19"), "dual", open_facts=True),
    "FT819": Product("FT819", ("FT819",), ("CD19",), source="allogeneic", open_facts=True),
    "YTB323": Product("YTB323", ("YTB323",), ("CD19",), open_facts=True),
}  # fmt: skip
