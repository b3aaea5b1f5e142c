"""The fictional counties: their health centres, villages and streets.

Names of counties, townships and villages are invented; the states and provinces that hold them
are real ones. County codes are not assigned to any county.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from deid.synth.people import Address, Centre, Locale
from deid.synth.rows import RowStore
from deid.synth.streams import one_of


@dataclass(frozen=True)
class County:
    """A county that does not exist, in a state or province that does."""

    county: str
    city: str
    state: str
    country: str
    region_code: str
    centres: tuple[Centre, ...]
    hospital: Centre
    streets: tuple[str, ...]


COUNTIES: dict[Locale, County] = {
    "en_US": County(
        county="Marrow County",
        city="Alder Crossing",
        state="MT",
        country="US",
        region_code="MC",
        centres=(
            Centre(
                "Alder Crossing Community Health Center",
                "urban",
                "Alder Crossing",
                ("Millrace", "Courthouse Hill", "Depot Flats", "Northgate"),
                "59799",
            ),
            Centre(
                "Tamarack Fork Rural Clinic",
                "rural",
                "Tamarack Fork",
                ("Cutbank Bench", "Sorrel Creek", "Granite Siding", "Willow Draw"),
                "59798",
            ),
        ),
        hospital=Centre(
            "Marrow County Memorial Hospital",
            "urban",
            "Alder Crossing",
            ("Hospital Hill",),
            "59799",
        ),
        streets=(
            "Juniper Bend", "Quarry Loop", "Mill Race Rd", "Larkspur Ave", "County Road 9",
            "Foundry St", "Orchard Ln", "Depot St", "Kestrel Way", "Old Ferry Rd", "Court St",
            "Sorrel Creek Rd", "Granite Ave", "Meadowlark Dr", "Schoolhouse Rd", "Second St",
        ),
    ),
    "zh_CN": County(
        county="青溪县",
        city="云州市",
        state="福建省",
        country="CN",
        region_code="350799",
        centres=(
            Centre(
                "青溪县东湖街道社区卫生服务中心",
                "urban",
                "东湖街道",
                ("柳荫社区", "桥南社区", "文昌社区", "新园社区"),
                "353999",
            ),
            Centre(
                "青溪县石门镇卫生院",
                "rural",
                "石门镇",
                ("双桥村", "枫林村", "上坪村", "下洋村", "竹口村"),
                "353998",
            ),
        ),
        hospital=Centre("青溪县人民医院", "urban", "东湖街道", ("文昌社区",), "353999"),
        streets=("柳荫路", "文昌街", "滨湖路", "人民路", "桥南巷", "建设路", "学府路", "解放街"),
    ),
}  # fmt: skip


def draw_address(
    stream: random.Random, locale: Locale, centre: Centre, neighbourhood: str
) -> Address:
    """A home in a neighbourhood or village."""
    county = COUNTIES[locale]
    if locale == "en_US":
        number = stream.randrange(11, 2990)
        line = f"{number} {one_of(stream, county.streets)}"
        if centre.area == "urban" and stream.random() < 0.3:
            line += f" Apt {stream.randrange(1, 40)}"
        full = f"{line}, {centre.town}, {county.state} {centre.postal_code}"
        township = centre.town
    else:
        if centre.area == "urban":
            line = (
                f"{one_of(stream, county.streets)}{stream.randrange(2, 300)}号"
                f"{stream.randrange(1, 30)}栋{stream.randrange(1, 19)}0{stream.randrange(1, 5)}室"
            )
        else:
            line = f"{stream.randrange(1, 12)}组{stream.randrange(1, 120)}号"
        township = centre.town
        full = f"{county.state}{county.city}{county.county}{township}{neighbourhood}{line}"
    return Address(
        line=line,
        village=neighbourhood,
        township=township,
        district=county.county,
        city=county.city if locale == "zh_CN" else centre.town,
        state=county.state,
        postal_code=centre.postal_code,
        country=county.country,
        full_text=full,
    )


def add_location(store: RowStore, address: Address) -> int:
    """The address as an OMOP location; gives its id."""
    return store.add_numbered(
        "location",
        address_1=address.line,
        address_2=address.village,
        city=address.city,
        state=address.state,
        zip=address.postal_code,
        county=address.district,
        location_source_value=address.full_text,
        country_source_value=address.country,
    )
