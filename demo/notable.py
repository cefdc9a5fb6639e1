"""Trials that each show something. `shows` ends up in demo/README.md."""

# ruff: noqa: E501 (tables and sentences: a line each)

from __future__ import annotations

from demo.places import CHINA, CITIES, EUROPE, UNITED_STATES
from demo.plan import Plan

P12 = ("PHASE1", "PHASE2")
EARLY = ("EARLY_PHASE1",)
NOT_GERMAN = tuple(city for city in EUROPE if CITIES[city][1] != "Germany")
SIXTY = (*UNITED_STATES, *NOT_GERMAN, *CHINA, "Tokyo", "Seoul", "Sydney", "Toronto", "São Paulo", "Cape Town",
         "Boston", "Houston", "Paris", "London", "Beijing", "Shanghai", "Mumbai", "Taipei", "Hong Kong", "Cairo",
         "Buenos Aires", "Montreal", "Singapore")  # fmt: skip

COMPANY = (
    Plan("NCT90100001", ("SLE", "LN"), ("FBL-119",), "fabulon", "2023-11-14", "the plain case: autologous CD19, Flu/Cy, "
         "one arm, sites in many countries", phases=P12, enrollment=48, sites=(*UNITED_STATES[:9], *NOT_GERMAN[:8]),
         safety=("CRS", "ICANS", "infection"), follow_up=24, prednisone=10, immunosuppression=("washout", "allowed"),
         secondary_ids=(("2029-900001-11-00", "CTIS"),), references=(("90000001", "DERIVED"),)),
    Plan("NCT90100002", ("LN",), ("TGW-219",), "tanglethorn", "2026-06-09", "one dual product (CD19 and BCMA) for lupus "
         "nephritis", status="NOT_YET_RECRUITING", enrollment=24, sites=("London", "Manchester", "Leiden")),
    Plan("NCT90100005", ("SLE",), ("SGV-301",), "snowglobe", "2025-03-18", "in vivo by mRNA in lipid nanoparticles, "
         "though the text says 'the patient's own T cells'", lymphodepletion=None, immunosuppression=(), dose="mg/kg",
         sites=("Sydney", "Melbourne"), follow_up=24, comparator="none"),
    Plan("NCT90100006", ("MG",), ("SGV-302",), "snowglobe", "2025-10-02", "in vivo by lentiviral vector, no "
         "lymphodepletion stated as such", lymphodepletion="none", immunosuppression=("allowed",), prednisone=15,
         dose="vector", sites=("Tel Aviv", "Sofia"), follow_up=180),
    Plan("NCT90100007", ("MG",), ("MMR-08",), "marmalade", "2024-04-30", "mRNA CAR-T, repeated weekly, no "
         "lymphodepletion, placebo, phase 3", phases=("PHASE3",), enrollment=120, comparator="placebo",
         lymphodepletion="none", immunosuppression=("allowed",), prednisone=20, sites=(*UNITED_STATES[:8], "Toronto"),
         secondary_ids=(("2029-900007-21", "EUDRACT_NUMBER"),)),
    Plan("NCT90100008", ("AAV",), ("FBL-119",), "fabulon", "2024-09-10", "randomised against rituximab: an active "
         "comparator, never a target", phases=("PHASE2",), enrollment=60, comparator="rituximab",
         sites=("Berlin", "Heidelberg", "Paris", "Vienna", "Prague"), references=(("90000002", "BACKGROUND"),)),
    Plan("NCT90100009", ("LN",), ("FBL-119",), "fabulon", "2025-06-24", "standard of care with named drugs, control arm "
         "may cross over; 60 sites", phases=("PHASE2", "PHASE3"), enrollment=180, comparator="crossover",
         sites=SIXTY[:60], months=60, secondary_ids=(("2029-900009-33-00", "CTIS"), ("DEMO-IND-9", "OTHER")),
         safety=("CRS", "ICANS", "infection", "hypogammaglobulinaemia", "second malignancy"), follow_up=60),
    Plan("NCT90100010", ("SLE",), ("QFB-1920",), "quillfeather", "2025-01-21", "randomised between two doses: a dose "
         "comparison", comparator="dose", enrollment=36, sites=("New York", "Chicago", "Montreal")),
    Plan("NCT90100011", ("SLE", "SSc", "IIM"), ("LFT-219",), "lanternfish", "2024-07-16", "dose groups one after "
         "another are no comparison; iPSC cells are allogeneic", comparator="escalation", lymphodepletion="benda",
         sites=("Seattle", "Denver"), secondary_ids=(("LFT-219-101", "OTHER"),)),
    Plan("NCT90100012", ("PV",), ("GGX-D3",), "gingerbread", "2021-02-03", "CAAR-T against desmoglein 3", enrollment=22,
         lymphodepletion="none", months=72, sites=("Berlin", "Erlangen"), follow_up=36, status="ACTIVE_NOT_RECRUITING"),
    Plan("NCT90100013", ("MG",), ("GGX-MK",), "gingerbread", "2022-08-17", "CAAR-T against MuSK; conditions spelled in "
         "two ways", conditions=("Myasthenia Gravis", "MuSK MG"), sites=("Munich", "Philadelphia"), follow_up=36,
         references=(("90000008", "RESULT"),)),
    Plan("NCT90100014", ("cGVHD",), ("TWT-6",), "thimble", "2024-01-30", "CAR-Treg in chronic GVHD: a group of its own",
         phases=P12, lymphodepletion=None, sites=("Los Angeles",), enrollment=12, months=40),
    Plan("NCT90100015", ("SLE",), ("LFN-19",), "lanternfish", "2024-10-08", "CAR-NK, three infusions, cyclophosphamide "
         "alone", lymphodepletion="cy", sites=("San Francisco", "Atlanta"), safety=("CRS", "cytopenia")),
    Plan("NCT90100016", ("LN", "MN"), ("COB-G20",), "clockwork", "2024-05-28", "CAR γδ T cells against CD20", phases=P12,
         sites=("Boston", "Houston", "Seoul"), lymphodepletion="fc", enrollment=30),
    Plan("NCT90100017", ("RA", "SLE"), ("COB-1970",), "clockwork", "2025-02-11", "allogeneic CD19/CD70; lymphodepletion "
         "left unspecified ('standard')", lymphodepletion="unspecified", sites=("Houston",), enrollment=15),
    Plan("NCT90100019", ("SLE", "SjD"), ("UMB-FR",), "umbrellabird", "2025-05-06", "ligand CAR: the target is BAFF-R",
         sites=("Zurich", "Leuven", "Milan"), safety=("CRS", "hypogammaglobulinaemia"), follow_up=36),
    Plan("NCT90100023", ("SLE", "IIM"), ("QFB-3",), "quillfeather", "2025-09-16", "three targets in one product",
         sites=("Denver", "Toronto"), lymphodepletion="fc_or_benda", phases=P12, enrollment=20),
    Plan("NCT90100024", ("MS",), ("KYV-101",), "jane_roe", "2024-03-05", "only the product's code: target and source come "
         "from the product list; a person as sponsor", sites=("San Francisco",), style="company", lymphodepletion="fc"),
    Plan("NCT90100026", ("SLE",), ("FT819",), "lanternfish", "2024-02-20", "a code known to be allogeneic",
         lymphodepletion="fc", sites=("Chicago", "London")),
    Plan("NCT90100027", ("SLE", "LN"), ("YTB323",), "umbrellabird", "2023-05-09", "no word for CAR in title, arms or "
         "summary: found by its code", phases=P12, sites=("Paris", "Barcelona", "Hamburg"), enrollment=35,
         lymphodepletion="unspecified"),
    Plan("NCT90100028", ("IIM",), ("CABA-201",), "texas", "2024-08-13", "product code only, myositis", phases=P12,
         sites=("Houston", "Philadelphia"), conditions=("Dermatomyositis", "Anti-Synthetase Syndrome")),
    Plan("NCT90100029", ("lymphoma", "SLE"), ("CD19a",), "milan", "2024-11-19", "lymphoma and SLE in one trial: in scope, "
         "and says that it also enrols malignancy", style="hospital", comparator="cohorts", sites=("Milan",),
         collaborators=("gingerbread",), enrollment=20, brief_title="Autologous CD19 CAR-T in B-Cell Lymphoma or Lupus"),
    Plan("NCT90100034", ("SLE",), ("CD19r",), "boston", "2022-04-12", "'CD19 redirected autologous T cells': no word CAR "
         "where it counts", style="hospital", sites=("Boston",), brief_title="CD19 Redirected Autologous T Cells in Lupus"),
    Plan("NCT90100039", ("SLE",), ("FBL-119",), "fabulon", "2025-12-02", "expanded access that names its trial",
         study_type="EXPANDED_ACCESS", status="AVAILABLE", phases=None, start=None, sites=("Boston", "New York"),
         relation=("expanded_access_for", "NCT90100001")),
    Plan("NCT90100044", ("SLE",), ("MMB-7",), "marmalade", "2021-06-15", "completed, with results posted from the first "
         "night", status="COMPLETED", phases=("PHASE1",), start="2021-07-19", enrollment=9, sites=("Philadelphia",),
         references=(("90000003", "RESULT"),), months=36),
    Plan("NCT90100045", ("SSc",), ("FBL-120",), "fabulon", "2024-12-10", "grows on night 2: enrolment 12 to 40, completion "
         "2026-05 to 2027-11", start="2025-01", enrollment=12, sites=("New York", "Rome", "Madrid"), end="2026-05"),
    Plan("NCT90100046", ("NMOSD",), ("MMB-7",), "marmalade", "2026-05-05", "no start date at all",
         status="NOT_YET_RECRUITING", start=None, sites=("Denver",)),
    Plan("NCT90100053", ("SLE",), ("LFT-219",), "lanternfish", "2025-08-19", "sites without a name, follow-up of 15 "
         "years, tocilizumab as prophylaxis", hidden_sites=True, sites=("Seattle", "Warsaw", "Budapest", "Madrid"),
         follow_up=180, prophylaxis=("tocilizumab", "antimicrobial"), safety=("CRS", "second malignancy")),
    Plan("NCT90100054", ("RA",), ("GGX-70",), "gingerbread", "2025-04-15", "CD70 product for rheumatoid arthritis, "
         "seizure prophylaxis", sites=("Hamburg", "Copenhagen"), prophylaxis=("levetiracetam",), lymphodepletion="flu"),
)  # fmt: skip

ACADEMIC = (
    Plan("NCT90100003", ("SLE",), ("CD19a", "BCMA"), "hangzhou", "2024-06-18", "two products by biomarker: two rows of "
         "products, and not a dual product", style="chinese", phases=EARLY, sites=("Hangzhou",), enrollment=20),
    Plan("NCT90100004", ("SLE", "SSc"), ("CD19", "BCMA"), "wuhan", "2023-09-26", "two products given together: a "
         "combination", style="chinese", phases=EARLY, sites=("Wuhan",), together=True, enrollment=10),
    Plan("NCT90100018", ("basket",), ("CD7",), "hefei", "2024-04-09", "CD7 from healthy donors for a basket of diseases",
         style="chinese", phases=("NA",), sites=("Hefei",), follow_up=12),
    Plan("NCT90100020", ("SLE", "LN"), ("UMB-D19",), "hefei", "2023-07-25", "double-negative T cells (CAR-DNT)",
         style="chinese", phases=EARLY, sites=("Hefei", "Suzhou"), lymphodepletion="fc"),
    Plan("NCT90100021", ("SLE",), ("STQ-19",), "beijing", "2025-07-08", "STAR-T", style="chinese", phases=EARLY,
         sites=("Beijing", "Tianjin")),
    Plan("NCT90100022", ("SSc", "SLE"), ("PLC-iNKT",), "shanghai", "2025-11-04", "CAR-iNKT cells of healthy donors",
         style="chinese", phases=EARLY, sites=("Shanghai",)),
    Plan("NCT90100025", ("NMOSD", "MG", "CIDP", "IIM"), ("GC012F",), "wuhan", "2024-01-09", "a code known for CD19 and "
         "BCMA, four neurological diseases in cohorts", style="hospital", comparator="cohorts", sites=("Wuhan",),
         brief_title="GC012F in Immune Diseases of Nerve and Muscle", collaborators=("papermoon",)),
    Plan("NCT90100030", ("cGVHD",), ("BCMA",), "hefei", "2025-01-07", "BCMA in chronic GVHD, tacrolimus given alongside "
         "on purpose", style="chinese", phases=("PHASE2",), sites=("Hefei",), immunosuppression=("combined",)),
    Plan("NCT90100031", ("basket",), ("CART",), "zhang_san", "2023-12-19", "a basket whose diseases stand in the "
         "eligibility text; target and source not stated", style="chinese", phases=("NA",), sites=("Chengdu",),
         lymphodepletion=None, immunosuppression=()),
    Plan("NCT90100032", ("LN",), ("CD19BCMA",), "shanghai", "2025-03-04", "no lupus among the conditions: the title and "
         "the criteria say it", style="chinese", phases=EARLY, sites=("Shanghai",),
         conditions=("Autoimmune Nephropathy",), brief_title="CD19/BCMA CAR-T Cells for Lupus Nephritis After Relapse"),
    Plan("NCT90100033", ("SLE",), ("UCART",), "beijing", "2024-10-22", "misspelled condition, full-width signs, "
         "non-breaking hyphens", style="chinese", phases=EARLY, sites=("Beijing",),
         conditions=("Systemic Lupus Erthematosus",),
         brief_title="Allogenic CD19 CAR‑T（UCAR‑T）for Refractory Systemic Lupus Erthematosus、SLE",
         secondary_ids=(("ChiCTR9900000001", "REGISTRY"),)),
    Plan("NCT90100035", ("T1D",), ("TWT-6",), "children", "2025-10-21", "regulatory CAR cells in children with type 1 "
         "diabetes", style="hospital", ages="children", lymphodepletion="none", immunosuppression=(),
         sites=("Boston",)),
    Plan("NCT90100036", ("SLE",), ("CD19a",), "erlangen", "2021-09-21", "the oldest academic one, reported by papers; its "
         "report is retracted on night 3", style="hospital", phases=P12, start="2021-10-04", months=66, enrollment=24,
         sites=("Erlangen",), follow_up=36, secondary_ids=(("2029-900036-40", "EUDRACT_NUMBER"),)),
    Plan("NCT90100037", ("SLE",), ("CD19",), "children", "2025-02-25", "children, standard of care as control, target "
         "but no cell source stated", style="hospital", ages="children", comparator="soc", sites=("Paris", "London"),
         enrollment=30, phases=("PHASE2",)),
    Plan("NCT90100038", ("SLE",), ("cCAR",), "shanghai", "2020-05-12", "status UNKNOWN with the last known one",
         style="chinese", status="UNKNOWN", last_known="RECRUITING", phases=("PHASE1",), start="2020-06",
         sites=("Shanghai",), enrollment=15),
    Plan("NCT90100040", ("ITP", "AIHA"), ("BCMA",), "hefei", "2022-11-08", "terminated early with a reason, blood "
         "diseases", style="chinese", status="TERMINATED", why_stopped="The sponsor turned to another product",
         start="2022-12", enrollment=3, sites=("Tianjin",)),
    Plan("NCT90100041", ("SLE",), ("CART19",), "texas", "2022-01-25", "withdrawn before anybody was enrolled",
         style="hospital", status="WITHDRAWN", why_stopped="No funding was found", enrollment=0, sites=()),
    Plan("NCT90100042", ("IgG4",), ("tan1920",), "beijing", "2024-08-27", "suspended, IgG4-related disease",
         style="chinese", status="SUSPENDED", why_stopped="Waiting for a new batch of vector", sites=("Beijing",)),
    Plan("NCT90100043", ("AIE",), ("BCMA",), "wuhan", "2023-03-28", "autoimmune encephalitis, no treatment as control",
         style="chinese", comparator="no treatment", sites=("Wuhan",), enrollment=24, phases=("PHASE2",)),
    Plan("NCT90100047", ("SLE",), ("CD19NK",), "hefei", "2024-12-24", "cord blood CAR-NK; no site given", style="chinese",
         phases=EARLY, sites=()),
)  # fmt: skip

# Each holds one value that the registry should not have; nothing else is odd about them.
ODD = (
    Plan("NCT90500001", ("SLE",), ("CD19",), "wuhan", "2026-07-14", "start date 'Spring 2027' until the sponsor mends it "
         "on night 3", style="chinese", phases=EARLY, status="NOT_YET_RECRUITING", start="2027-03", sites=("Wuhan",)),
    Plan("NCT90500002", ("MG",), ("BCMA",), "beijing", "2025-05-20", "enrolment 'many'", style="chinese", phases=EARLY,
         sites=("Beijing",)),
    Plan("NCT90500003", ("SSc",), ("CD19a",), "paris", "2025-11-25", "unknown status word ENROLLING_SOON",
         style="hospital", sites=("Paris",)),
    Plan("NCT90500004", ("SLE",), ("MMB-7",), "marmalade", "2025-12-16", "phase PHASE5", sites=("Boston",)),
    Plan("NCT90500005", ("RA",), ("PLC-9",), "paperlantern", "2026-02-17", "a field the registry does not document",
         sites=("Guangzhou",), style="chinese"),
)  # fmt: skip

# On the registry from the second or third night on.
NEW = (
    Plan("NCT90600001", ("SLE",), ("FBL-120",), "fabulon", "2026-09-01", "new on night 2: SLE, CD19/CD20, Germany and "
         "Spain", phases=P12, status="NOT_YET_RECRUITING", sites=("Munich", "Madrid"), posted_night=2, enrollment=40),
    Plan("NCT90600002", ("LN",), ("PPM-U219",), "papermoon", "2026-09-01", "new on night 2: allogeneic dual product",
         sites=("Shanghai", "Guangzhou"), posted_night=2, style="chinese", phases=EARLY),
    Plan("NCT90600003", ("MS",), ("SGV-301",), "snowglobe", "2026-09-01", "new on night 2: in vivo, multiple sclerosis",
         lymphodepletion=None, immunosuppression=(), sites=("Sydney",), posted_night=2, status="NOT_YET_RECRUITING"),
    Plan("NCT90600004", ("SSc",), ("CD19a",), "paris", "2026-09-01", "new on night 2: academic, France",
         style="hospital", sites=("Paris", "Lille"), posted_night=2),
    Plan("NCT90600005", ("SLE",), ("CD19BCMA",), "seoul", "2024-05-21", "found on night 2 for the first time though "
         "registered in 2024: 'older, newly tracked'", style="hospital", sites=("Seoul",), posted_night=2, start="2024-06-11"),
    Plan("NCT90600007", ("SLE",), ("SGV-302",), "snowglobe", "2026-09-02", "new on night 3: in vivo BCMA, SLE, Belgium",
         lymphodepletion="none", immunosuppression=(), sites=("Leuven", "Leiden"), posted_night=3),
    Plan("NCT90600008", ("IIM", "SSc"), ("PPM-U19",), "papermoon2", "2026-09-02", "new on night 3: the sponsor's name "
         "spelled another way", sites=("Beijing",), posted_night=3, style="chinese", phases=EARLY),
)  # fmt: skip

NOTABLE = (*COMPANY, *ACADEMIC, *ODD, *NEW)
