"""Names of people in sentences of notes: who the record is about is "the patient", others are told.

A release's notes hold surrogates in place of names. A surrogate is nobody's name, yet a student
would read one woman under three of them, and a program cannot tell it from a name that a scrubber
missed. The record's own headers say how its person is called there; a name of anybody else is
recognised by what stands beside it, a title or a relation, and by how names are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

# How headers of notes name the person.
_HEADERS = (
    r"(?:姓名|患者|居民|对象|就诊者|被随访人)[:：]?\s*(?P<zh>[\u4e00-\u9fff]{2,4})(?=[，,\s（(])",
    r"(?P<zh>[\u4e00-\u9fff]{2,4})[，,\s（(]+[男女](?=[，,\s])",
    r"\b(?:Patient|Name|Pt|Visited with|here:)[:.]?\s+(?P<en>[A-Z][a-z'’-]+\s+[A-Z][a-z'’-]+)",
    r"\b(?P<en>[A-Z][A-Za-z'’-]+,?\s+[A-Z][A-Za-z'’-]+)(?=,?\s*\(?(?:[MF]\b|\d\d?[-–]\d\d|DOB|born))",
    r"\b(?:Mr|Mrs|Ms|Miss)\.?\s+(?P<en>[A-Z][a-z'’-]+)",
)
_NO_NAMES = frozenset(
    [
        "患者",
        "居民",
        "高血压",
        "糖尿病",
        "门诊",
        "随访",
        "记录",
        "primary",
        "progress",
        "follow",
        "visit",
        "office",
        "blood",
        "pressure",
        "the",
        "new",
        "today",
        "no",
        "date",
        "born",
        "follow-up",
        "note",
        "phone",
        "home",
        "nurse",
        "sick",
        "well",
        "sex",
        "age",
        "male",
        "female",
        "day",
        "days",
        "week",
        "year",
        "woman",
        "man",
        "boy",
        "girl",
        "person",
        "leg",
        "arm",
        "hand",
        "foot",
        "knee",
        "chest",
        "pain",
        "none",
        "normal",
    ]
)
_SURNAMES = (
    "王李刘杨赵吴徐朱郭罗郑谢宋唐邓韩冯曹彭肖董潘袁蔡蒋魏吕卢姚沈"
    "姜崔谭汪廖贾韦邹孟熊秦邱尹薛闫雷侯陶黎贺郝龚邵钱赖覃"
)
# Surnames that are everyday characters of notes as well count only where something else says so.
_MORE = _SURNAMES + (
    "张陈周孙黄胡林马高何许曾田苏丁任石夏叶程余方金江白毛万严武史顾莫范钟陆洪梁傅付温褚穆游戴尹黎易常施牛"
    "樊葛邢安齐伍庞骆乔龙路文兰裴祝翟柳殷柯鲁盛左冉麦向岳卓辛管蓝殳奚甘蒙鲍耿关焦申喻季成单包纪舒阮简聂"
)
_TITLES = (
    r"大伯|大叔|大婶|大哥|大姐|大妈|姐|哥|嫂|叔|婶|伯|婆婆|大爷|大妈|大娘|奶奶|爷爷|阿姨|阿太|同志|师傅|老师|会计|经理|主任|班长|医生|"
    r"护士|书记|村医|教练|校长|医师|大夫|先生|女士"
)
_KIN = (
    r"儿子|女儿|丈夫|妻子|老伴|爱人|其子|其女|妈妈|爸爸|母亲|父亲|兄弟|姐姐|妹妹|哥哥|弟弟|孙子|孙女|邻居|"
    r"家属|女婿|儿媳|外孙|爷爷|奶奶|外公|外婆|同事|室友|舅舅|姑姑|分诊|护士"
)
_KIN_EN = (
    r"husband|wife|son|daughter|dtr|mom|mother|dad|father|grand\w+|sister|brother|aunt|uncle|cousin|"
    r"nephew|niece|neighbou?r|partner|friend|caregiver|roommate"
)
_OTHERS = re.compile(
    rf"(?:老|小|阿)[{_MORE}](?![\u4e00-\u9fff]?[病年])|[{_MORE}](?:{_TITLES})"
    rf"|(?:{_KIN})[{_MORE}][\u4e00-\u9fff]"
    rf"|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}(?=$|[，,。：:、；;（(]|[说诉称为属以]|带|陪|来|代)"
    r"|(?:^|[，,。：:；;])(?!患者|自述|主诉|自诉)[\u4e00-\u9fff]{2,3}[:：][“\"]"
    r"|(?:人员|协助|联系人|家属|监护人|患者签字)[:：]"
    r"|\b(?:Mr|Mrs|Ms|Miss|Dr|Nurse|Coach|Pastor|Officer)\b\.?\s+[A-Z]"
    rf"|\b(?i:{_KIN_EN})\s+[A-Z]\w*"
    r"|\w\.?,\s*(?:DO|MD|NP|PA-C|RN|LVN)\b"
    # Two words with capitals one after the other, or one after a preposition of place.
    r"|(?<![.!?:;•>\-] )(?<!^)\b(?-i:[A-Z][a-zß-ÿ]{2,}\s+[A-Z][a-zß-ÿ.]+)"
    r"|\b(?:at|in|near|by|from|to|with|of|see|for)\s+(?-i:[A-Z][a-zß-ÿ]{2,})\b(?!\s*(?:\d|pain))",
)
_CAPITALS = re.compile(
    r"\b(?!BLOOD|HEART|BODY|CHEST|LEFT|RIGHT)[A-Z]{3,}\s+(?!PRESSURE|RATE|MASS)[A-Z]{3,}\b"
)
_PLACE = re.compile(
    r"[\u4e00-\u9fff]{2}(?:省|市(?!场)|县|镇(?!痛|静|定)|乡(?!村)|村(?!医)|街道|社区|小区)|\d组\d+号|"
    r"从[\u4e00-\u9fff]{2,6}回来|(?:幼儿园|小学|中学|大学|药房|菜场|广场|教堂|寺|卫生院|中心医院|人民医院)"
)


# Somebody who does at the beginning of a sentence what only the person does in a note.
_FIRST_NAME = re.compile(
    r"(?:^|(?<=[.:>-]\s))(?!(?:He|She|Patient|They|Mother|Father|Mom|Dad|Pt|Also|Who|Still|Here)\b)"
    r"[A-Z][a-z]+(?=\s+(?:comes back about|first noticed|says|tells|reports|presents with|feels|"
    r"describes|is here|is well|is doing)\b)|"
    # Notes in small letters throughout.
    rf"^(?!(?:he|she|they|who|also|pt|patient|{_KIN_EN})\b)[a-z]{{3,}}"
    r"(?=\s+(?:describes|says|tells|reports|complains)\b)"
)
_GIVEN_NAME = re.compile(
    r"^(?!患者|刚才|今日|上午|下午)[\u4e00-\u9fff]{2,3}(?=进门|坐下|念叨|走来|自己走来)"
)
# How a report speaks of its patient without the name.
_SOMEBODY = re.compile(rf"[{_MORE}]某(?=[，,。]|未|诉|述|称|说|因|来|自)")
# The clock, and who speaks, before what is said.
_SPEAKER = re.compile(r"^\d{1,2}:\d{2}\s+(?:the patient|患者)\s*[:：]\s*", re.IGNORECASE)
_PINYIN_NAME = re.compile(r"\b[A-Z][a-z]+\s+[A-Z][a-z]+(?=[\u4e00-\u9fff])")
_KIN_NAMED_CHINESE = re.compile(
    rf"((?:{_KIN}))[{_MORE}][\u4e00-\u9fff]{{1,2}}"
    r"(?=代|说|诉|述|称|陪|来|带|提醒|捎|催|照|在场|已知|签|、|，|。|：|$)"
)
_KIN_IN_BRACKETS = re.compile(
    rf"({_KIN})[（(][\u4e00-\u9fff]{{2,4}}[）)]|\b((?i:{_KIN_EN}))\s*\([A-Z][^()]*\)"
)
_KIN_NAMED = re.compile(rf"\b((?i:{_KIN_EN}))\s+[A-Z][a-z’'-]+(?:\s+[A-Z](?:\.|[a-z’'-]+))?")


class Names:
    """How one record calls its person. Made once a record, from all its notes."""

    def __init__(self, notes: Iterable[str]) -> None:
        found: set[str] = set()
        for text in notes:
            for pattern in _headers():
                for match in pattern.finditer(text[:400]):
                    groups = match.groupdict()
                    found.update(_parts(groups.get("zh") or "", groups.get("en") or ""))
        own = {one for one in found if one.casefold() not in _NO_NAMES}
        words = [re.escape(one) for one in sorted(own, key=len, reverse=True)]
        surnames = "".join({one[0] for one in own if not one.isascii() and one[0] in _MORE})
        if surnames:
            words += [rf"(?:老|小|阿)[{surnames}]", rf"[{surnames}](?:{_TITLES})"]
        latin = [form for one in words if one.isascii() for form in (one.title(), one.upper(), one)]
        chinese = [one for one in words if not one.isascii()]
        self._chinese = re.compile("|".join(chinese)) if chinese else None
        self._latin = (
            re.compile(
                rf"\b(?:(?:Mr|Mrs|Ms|Miss|Pt)\.?\s+)?(?:{'|'.join(latin)})"
                rf"(?:,?\s+(?:{'|'.join(latin)}|[A-Z]\.))?(?!\w)"
            )
            if latin
            else None
        )

    def without(self, text: str) -> str:
        """``text`` with the person's own names as "the patient" and "患者"."""
        if self._chinese is not None:
            text = self._chinese.sub("患者", text)
            text = re.sub(r"(?:患者\s*){2,}", "患者", text)
        text = _SOMEBODY.sub("患者", text)
        text = re.sub(r"(?<=[”」])[，,]患者(?=[。.]?$)", "", text)
        text = _FIRST_NAME.sub("The patient", text)
        text = _GIVEN_NAME.sub("患者", text)
        text = _PINYIN_NAME.sub("患者", text)
        text = _KIN_IN_BRACKETS.sub(lambda match: match[1] or match[2], text)
        text = _KIN_NAMED_CHINESE.sub(r"\1", text)
        text = _KIN_NAMED.sub(r"\1", text)
        if self._latin is not None:
            text = self._latin.sub(
                lambda match: "The patient" if _begins(text, match.start()) else "the patient", text
            )
        return _SPEAKER.sub("", text)


def names_somebody(text: str) -> bool:
    """Whether a sentence seems to name a person or a place.

    >>> names_somebody("Came with husband Nicholas."), names_somebody("The husband is worried.")
    (True, False)
    >>> names_somebody("咳黄痰，无发热。"), names_somebody("参加人员：老蔡、黄会计")
    (False, True)
    """
    return (
        _OTHERS.search(text) is not None
        or _CAPITALS.search(text) is not None
        or _PLACE.search(text) is not None
    )


def _begins(text: str, place: int) -> bool:
    return not text[:place].strip() or text[:place].rstrip()[-1:] in ".!?>-"


def _parts(chinese: str, latin: str) -> set[str]:
    found = {chinese} if chinese and chinese[0] in _MORE else set()
    words = re.findall(r"[A-Za-z'’-]{3,}", latin)
    if words and all(word.casefold() not in _NO_NAMES for word in words):
        found |= set(words)
    return found


@cache
def _headers() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one) for one in _HEADERS)
