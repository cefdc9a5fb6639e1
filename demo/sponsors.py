"""Sponsors. Every one is made up; the persons carry the names used for nobody in particular."""

from __future__ import annotations

from typing import NamedTuple


class Sponsor(NamedTuple):
    name: str
    agency_class: str
    person: str | None = None  # the investigator who is responsible, where that is not the sponsor


COMPANIES = {
    "fabulon": Sponsor("Fabulon Therapeutics, Inc.", "INDUSTRY"),
    "quillfeather": Sponsor("Quillfeather Bio, Inc.", "INDUSTRY"),
    "tanglethorn": Sponsor("Tanglethorn Cellworks Ltd", "INDUSTRY"),
    "marmalade": Sponsor("Marmalade Biosciences", "INDUSTRY"),
    "papermoon": Sponsor("Papermoon Biotech (Shanghai) Co., Ltd.", "INDUSTRY"),
    "papermoon2": Sponsor("PaperMoon Biotech Co., Ltd", "INDUSTRY"),
    "paperlantern": Sponsor("Paperlantern Cell Medicine Co., Ltd.", "INDUSTRY"),
    "lanternfish": Sponsor("Lanternfish Therapeutics", "INDUSTRY"),
    "snowglobe": Sponsor("Snowglobe In Vivo Ltd.", "INDUSTRY"),
    "clockwork": Sponsor("Clockwork Orchard Bio, Inc.", "INDUSTRY"),
    "gingerbread": Sponsor("Gingerbread Genomics GmbH", "INDUSTRY"),
    "umbrellabird": Sponsor("Umbrellabird Therapies AG", "INDUSTRY"),
    "thimble": Sponsor("Thimblewick Tolerance Company", "INDUSTRY"),
}
HOSPITALS = {
    "erlangen": Sponsor("Example University Hospital Erlangen", "OTHER", "Erika Mustermann"),
    "beijing": Sponsor("First Example People's Hospital of Beijing", "OTHER", "Zhang San"),
    "shanghai": Sponsor("Shanghai Example Union Hospital", "OTHER", "Li Si"),
    "wuhan": Sponsor("Example Union Hospital, Wuhan", "OTHER", "Wang Wu"),
    "hangzhou": Sponsor("The Second Affiliated Hospital of Example Medical University", "OTHER", "Zhao Liu"),
    "hefei": Sponsor("Hefei Example Institute of Hematology", "OTHER", "Sun Qi"),
    "paris": Sponsor("Hôpital Exemple de Paris", "OTHER", "Jean Untel"),
    "milan": Sponsor("Ospedale Immaginario di Milano", "OTHER", "Mario Rossi-Esempio"),
    "boston": Sponsor("Imaginary General Hospital of Boston", "OTHER", "Jane Roe"),
    "texas": Sponsor("Placeholder University of Texas Plains", "OTHER", "Richard Roe"),
    "children": Sponsor("Example Children's Hospital Foundation", "OTHER", "Mary Major"),
    "seoul": Sponsor("Imaginary National Hospital of Seoul", "OTHER", "Hong Gil-dong"),
}
OTHERS = {
    "zhang_san": Sponsor("Zhang San", "OTHER", "Zhang San"),
    "jane_roe": Sponsor("Jane Roe, MD", "INDIV", "Jane Roe"),
    "institute": Sponsor("National Institute of Imaginary Diseases (NIID)", "NIH"),
    "ministry": Sponsor("Ministry of Examples, Norland", "OTHER_GOV"),
    "network": Sponsor("Imaginary Immune Tolerance Network", "NETWORK"),
}
SPONSORS = COMPANIES | HOSPITALS | OTHERS
