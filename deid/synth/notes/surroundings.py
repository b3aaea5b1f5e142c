"""What stands around a resident and in no table: hospitals, schools, shops, streets, passers-by.

All of it is composed from invented parts, so that a scrubber cannot learn a list by heart.
"""

from __future__ import annotations

from random import Random

from deid.synth.notes.text import Mark
from deid.synth.streams import one_of

_HEADS = (
    "Birchfield", "Cannerton", "Dunlow", "Eastmere", "Fallon Ridge", "Greyling", "Hartsel",
    "Ironbark", "Jasper Gap", "Kettle Bend", "Lonepine", "Mossback", "Norwick", "Oxbow",
    "Pinnock", "Quillback", "Redmire", "Saltbush", "Thornbury", "Upton Vale", "Vesper",
    "Wexler", "Yarrowdale", "Saint Odile", "St. Finnian", "Holy Cross", "Good Shepherd",
)  # fmt: skip
_HOSPITALS = (
    "Regional Medical Center", "Memorial Hospital", "General Hospital", "Hospital",
    "Medical Center",
    "Heart Institute", "Eye Clinic", "Kidney Center", "Surgical Pavilion", "Infirmary",
    "Women's Hospital", "Behavioral Health", "Imaging", "Orthopedic Associates", "Lung Clinic",
)  # fmt: skip
_SCHOOLS = ("Elementary", "Middle School", "High School", "Academy", "Preschool", "College",
            "Community College", "Head Start")  # fmt: skip
_AGENCIES = ("Home Care", "Visiting Nurses", "Senior Services", "Meals on Wheels", "Food Pantry",
             "Grange Hall", "Lutheran Church", "Baptist Church", "Youth Alliance",
             "Volunteer Fire Department", "Hospice")  # fmt: skip
_SHOPS = ("Drug", "Pharmacy", "Family Pharmacy", "Apothecary", "Rx")
_FIRMS = ("Lumber", "Ready Mix", "Trucking", "Dairy", "Tire & Axle", "Roofing", "Foods",
          "Outfitters",
          "Welding", "Greenhouses", "Logistics", "Sheet Metal", "Auto Body")  # fmt: skip
_PLANS = ("Health Plan", "Mutual", "Benefit Trust", "Care Partners")
_TOWNS = ("Bench", "Crossing", "Falls", "Springs", "Landing", "Flats", "Hollow", "Junction")
_WAYS = ("St", "Ave", "Road", "Lane", "Drive", "Street", "Blvd", "Ct")
_GIVEN = (
    "May", "Will", "Rose", "Grace", "Hope", "Mark", "Grant", "Dean", "Chase", "Summer", "Dawn",
    "Penny", "April", "June", "Art", "Bill", "Gene", "Ray", "Sandy", "Ivy", "Drew", "Frank",
    "Olga", "Marisol", "Tomasz", "Priya", "Nkem", "Yusuf", "Linh", "Siobhan", "Anselm", "Dolores",
    "Earl", "Wanda", "Lupe", "Kip", "Roscoe", "Tansy", "Darnell", "Ingrid", "Mateo", "Zelda",
    "Hollis", "Cleo", "Amos", "Bettina", "Rufus", "Odalys", "Xavier", "Mei",
)  # fmt: skip
_FAMILY = (
    "Cook", "Baker", "Banks", "Park", "Rivers", "Law", "Stone", "Field", "Wood", "Hand", "Foot",
    "Oyelowo", "Castellan", "Vandermeer", "Petrossian", "Lindgren", "O'Malley", "McTavish",
    "Delacroix", "Nakamura", "Okonjo", "Haddock", "St. Clair", "de la Cruz", "Abernathy",
    "Fontaine", "Grabowski", "Whitlock", "Sandoval-Reyes", "Thibodeaux", "Quist", "Ferreira",
    "Kowal", "Achterkamp", "Bjornstad", "Tran", "Mbeki", "Rosenbaum", "Stavros", "Yellowhorse",
)  # fmt: skip
_ZH_HEADS = ("永安", "长宁", "安平", "仁济", "和顺", "康宁", "德馨", "福民", "广济", "惠民", "云泽",
             "清江", "白沙", "鹤岭", "临溪", "芳洲", "松岗", "龙门", "凤凰", "西河")  # fmt: skip
_ZH_HOSPITALS = ("人民医院", "中医院", "第二医院", "中心医院", "妇幼保健院", "医院", "中心卫生院",
                 "精神卫生中心", "疾病预防控制中心", "结核病防治所", "康复医院",
                 "眼科医院")  # fmt: skip
_ZH_WIDER = ("云州市", "青溪县", "云州", "青溪", "临江县", "福宁市", "云州市第一", "")
_ZH_SCHOOLS = ("小学", "中学", "实验小学", "幼儿园", "职业技术学校", "第二中学", "中心小学")
_ZH_FIRMS = ("纺织有限公司", "机械厂", "物流公司", "建材有限公司", "食品厂", "服装厂",
             "出租汽车公司",
             "电子科技有限公司", "家具厂", "砖瓦厂", "超市", "农业合作社")  # fmt: skip
_ZH_AGENCIES = ("养老院", "老年公寓", "残疾人联合会", "爱心志愿者协会", "日间照料中心", "敬老院")
_ZH_SHOPS = ("大药房", "药店", "平价大药房")
_ZH_FAMILY = "高白张石江田金安马方水温平常华时关文林黄王李陈刘赵周吴郑孙钱欧阳司马"
_ZH_GIVEN = ("峰", "雪", "力", "磊", "山", "明", "静", "健康", "平安", "建国", "国庆", "春风",
             "和平",
             "长江", "红", "大勇", "二柱", "桂花", "阿福", "小梅", "志强", "丽萍", "晓东", "秀芝",
             "海燕", "文华", "子涵", "美玉", "来福", "根生", "卫东", "爱莲")  # fmt: skip
_ZH_PLACES = ("上海市", "厦门", "泉州", "深圳", "东莞", "杭州", "宁波", "福州市", "广州", "温州")


def passer_by(stream: Random, chinese: bool) -> tuple[str, str]:
    """Given and family name of somebody who is no resident; some are ordinary words."""
    if chinese:
        family = one_of(stream, _ZH_FAMILY)
        family = {"欧": "欧阳", "阳": "欧阳", "司": "司马"}.get(family, family)
        return one_of(stream, _ZH_GIVEN), family
    return one_of(stream, _GIVEN), one_of(stream, _FAMILY)


def hospital(stream: Random, chinese: bool) -> Mark:
    """A hospital or clinic by name."""
    if chinese:
        wider = one_of(stream, _ZH_WIDER)
        head = "" if wider and stream.random() < 0.5 else one_of(stream, _ZH_HEADS)
        kind = "医院" if wider.endswith("第一") else one_of(stream, _ZH_HOSPITALS)
        if wider.endswith("第一"):
            head = ""
        return Mark(f"{wider}{head}{kind}", "LOCATION", "HOSPITAL")
    return Mark(f"{one_of(stream, _HEADS)} {one_of(stream, _HOSPITALS)}", "LOCATION", "HOSPITAL")


def school(stream: Random, chinese: bool) -> Mark:
    """A school or nursery."""
    name = (
        one_of(stream, ("青溪县", "云州市", "石门镇", "")) + one_of(stream, _ZH_HEADS)
        + one_of(stream, _ZH_SCHOOLS)
        if chinese
        else f"{one_of(stream, _HEADS)} {one_of(stream, _SCHOOLS)}"
    )  # fmt: skip
    return Mark(name, "ORGANIZATION", "SCHOOL")


def firm(stream: Random, chinese: bool) -> Mark:
    """Somebody's employer."""
    name = (
        one_of(stream, ("青溪县", "云州", "云州市", "")) + one_of(stream, _ZH_HEADS)
        + one_of(stream, _ZH_FIRMS)
        if chinese
        else f"{one_of(stream, _HEADS)} {one_of(stream, _FIRMS)}"
    )  # fmt: skip
    return Mark(name, "ORGANIZATION", "EMPLOYER")


def agency(stream: Random, chinese: bool) -> Mark:
    """A church, home, charity or service that looks after people."""
    name = (
        one_of(stream, ("青溪县", "石门镇", "东湖街道", ""))
        + one_of(stream, _ZH_HEADS) + one_of(stream, _ZH_AGENCIES)
        if chinese
        else f"{one_of(stream, _HEADS)} {one_of(stream, _AGENCIES)}"
    )  # fmt: skip
    return Mark(name, "ORGANIZATION", "OTHER")


def pharmacy(stream: Random, chinese: bool) -> Mark:
    """Where drugs are bought."""
    if chinese:
        return Mark(one_of(stream, _ZH_HEADS) + one_of(stream, _ZH_SHOPS), "ORGANIZATION", "OTHER")
    return Mark(f"{one_of(stream, _HEADS)} {one_of(stream, _SHOPS)}", "ORGANIZATION", "OTHER")


def insurer(stream: Random, chinese: bool) -> Mark:
    """A private insurer."""
    if chinese:
        return Mark(one_of(stream, _ZH_HEADS) + "人寿保险公司", "ORGANIZATION", "OTHER")
    return Mark(f"{one_of(stream, _HEADS)} {one_of(stream, _PLANS)}", "ORGANIZATION", "OTHER")


def elsewhere(stream: Random, chinese: bool) -> Mark:
    """A place away from home."""
    if chinese:
        return Mark(one_of(stream, _ZH_PLACES), "LOCATION", "PLACE")
    return Mark(f"{one_of(stream, _HEADS)} {one_of(stream, _TOWNS)}", "LOCATION", "PLACE")


def street(stream: Random, chinese: bool) -> Mark:
    """A street or landmark where something happened."""
    if chinese:
        kind = one_of(stream, ("路", "街", "桥", "广场", "农贸市场", "公园", "村", "社区"))
        return Mark(one_of(stream, _ZH_HEADS) + kind, "LOCATION", "PLACE")
    head = one_of(stream, _HEADS)
    number = f"{stream.randrange(10, 990)} " if stream.random() < 0.3 else ""
    return Mark(f"{number}{head} {one_of(stream, _WAYS)}", "LOCATION", "PLACE")


def plate(stream: Random, chinese: bool) -> Mark:
    """A number plate."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    pick = "".join(one_of(stream, letters) for _ in range(3))
    digits = f"{stream.randrange(1000):03d}"
    if chinese:
        dot = one_of(stream, ("·", "", " ", "·"))
        return Mark(f"闽{pick[0]}{dot}{pick[1]}{digits}{stream.randrange(10)}", "ID", "PLATE")
    text = one_of(stream, (f"{pick} {digits}", f"{pick}-{digits}", f"{pick}{digits}",
                           f"{digits[0]}{pick}{digits}"))  # fmt: skip
    return Mark(text, "ID", "PLATE")


def device(stream: Random) -> Mark:
    """A serial number of a device."""
    first, last = stream.randrange(1000, 9999), stream.randrange(10_000, 99_999)
    text = one_of(
        stream,
        (f"GM-{first}-{last}", f"BPX{first}{last}", f"SN{last}{first}K", f"C{last}-{first}",
         f"{first}-{last}B", f"OX-{first % 100}-{last}"),
    )  # fmt: skip
    return Mark(text, "ID", "DEVICE")


def accession(stream: Random, year: int, chinese: bool) -> Mark:
    """The number of a specimen, image or hospital stay."""
    number = stream.randrange(10_000, 999_999)
    forms = (
        (f"{year}{number:06d}", f"ZY{number:07d}", f"{number:08d}", f"M{year % 100}-{number:06d}")
        if chinese
        else (f"CT{year % 100}-{number:06d}", f"SP{year % 100}-{number:06d}", f"L{number:07d}",
              f"ACC-{number}", f"{year % 100}-{number:06d}")
    )  # fmt: skip
    return Mark(one_of(stream, forms), "ID", "MRN" if chinese else "ACCESSION")


def licence(stream: Random, chinese: bool) -> Mark:
    """A licence, case, badge or certificate number."""
    number = stream.randrange(1000, 999_999)
    forms = (
        (f"GH-{number:05d}", f"闽青残{number:06d}", f"No.{number:06d}", f"B{number:07d}")
        if chinese
        else (f"E-{number:05d}", f"24-CR-{number:05d}", f"WC-{number:06d}", f"DHS {number:07d}",
              f"K{number:07d}", f"PO-{number % 100}-{number // 100}")
    )  # fmt: skip
    return Mark(one_of(stream, forms), "ID", "OTHER")


def url(stream: Random, chinese: bool) -> Mark:
    """An address on the web, of the reserved domains."""
    host = one_of(stream, ("portal.example.org", "pacs.example.net", "health.example.com",
                           "jkda.example.cn" if chinese else "mychart.example.org"))  # fmt: skip
    number = stream.randrange(1000, 99_999)
    text = one_of(stream, (f"https://{host}/v/{number}", f"http://{host}/up?id={number}",
                           f"www.{host}", f"{host}/r/{number}"))  # fmt: skip
    return Mark(text, "URL")


def ip(stream: Random) -> Mark:
    """An internet address of the ranges for documentation (RFC 5737)."""
    net = one_of(stream, ("192.0.2", "198.51.100", "203.0.113"))
    return Mark(f"{net}.{stream.randrange(1, 255)}", "IP")
