# ruff: noqa: E501 -- a word list is read whole
"""Chinese names for training: of many surnames, and of peoples whose names have none."""

from __future__ import annotations

from functools import cache
from random import Random

from deid.text.lists import read_list
from deid.text.packs.zh.lexicon import given_characters, given_pool, surnames
from deid.text.packs.zh.pinyin import syllables_of

_SYLLABLES = {
    "tibetan": ["扎西", "次仁", "卓玛", "顿珠", "拉姆", "德吉", "洛桑", "丹增", "尼玛", "达娃", "旺堆", "格桑", "白玛", "索朗", "央金", "平措", "强巴", "贡布", "曲珍", "多吉", "仁青", "普布", "边巴", "巴桑", "次旦", "罗布", "梅朵", "益西"],
    "mongol": ["巴特尔", "其木格", "乌云", "朝鲁", "格日勒", "图雅", "娜仁", "苏和", "宝音", "哈斯", "敖登", "满都拉", "斯琴", "额尔敦", "那顺", "孟和", "高娃", "阿拉坦", "托娅", "萨仁", "呼和", "布和", "朝克图", "乌兰", "巴雅尔", "塔娜", "吉雅"],
    "uyghur": ["买买提", "阿不都", "热合曼", "古丽", "阿依", "努尔", "艾山", "吐尔逊", "阿迪力", "帕提曼", "玉素甫", "阿米娜", "库尔班", "热依汗", "亚森", "伊明", "肉孜", "阿曼", "古丽娜尔", "迪力夏提", "艾力", "买合木提"],
    "yi": ["阿依", "吉克", "曲木", "沙马", "阿牛", "莫色", "尔古", "拉铁", "伍呷", "子布", "日火", "木呷", "乌合", "史呷", "阿果"],
}  # fmt: skip
_RARE = "佟阎闫龚佘冉蒲佴褚靳宫闻骆廖莫麻牛丘古钟温成党郝乔敖厍亓尉迟令狐闻人司马欧阳诸葛上官皇甫夏侯呼延端木公孙轩辕仲孙澹台宗政濮阳淳于单于太叔申屠公冶赫连"
_TITLES = [
    "医生",
    "大夫",
    "主任",
    "护士",
    "护士长",
    "院长",
    "老师",
    "书记",
    "村长",
    "大爷",
    "大妈",
    "大娘",
    "奶奶",
    "爷爷",
    "阿姨",
    "叔",
    "婶",
    "姐",
    "哥",
    "嫂",
    "婆婆",
    "师傅",
    "警官",
    "女士",
    "先生",
    "老太",
    "老汉",
    "老伯",
    "叔叔",
    "伯",
    "姨",
    "科长",
    "队长",
    "老",
    "公",
    "会计",
    "校长",
    "教授",
    "站长",
    "医师",
    "药师",
    "同志",
    "总",
    "工",
    "大姐",
    "大哥",
    "大叔",
    "嬢嬢",
    "婶子",
    "家嫂子",
    "支书",
]
_STAFF_TITLES = [
    "医生",
    "大夫",
    "主任",
    "护士",
    "护士长",
    "院长",
    "医师",
    "副主任",
    "教授",
    "药师",
    "技师",
    "站长",
    "所长",
    "主任医师",
    "主治医师",
]
_COMMON_SPREAD = 1.6
_UNLISTED = 0.05
_ORDER = "大二三四五六七八九幺"
_FOREIGN = (
    "Anna",
    "Ben",
    "Cindy",
    "David",
    "Eric",
    "Fiona",
    "Grace",
    "Helen",
    "Ivan",
    "Jason",
    "Kelly",
    "Linda",
    "Mike",
    "Nancy",
    "Oscar",
    "Peter",
    "Rita",
    "Sam",
    "Tina",
    "Vivian",
    "Wendy",
    "Zoe",
)
"""First names that people take beside their own."""


@cache
def _ranked_surnames() -> tuple[str, ...]:
    from deid.text.packs.zh.lexicon import _people

    return tuple(_people()[0])


@cache
def _given() -> tuple[str, ...]:
    return tuple(sorted(given_characters()))


@cache
def _words() -> tuple[str, ...]:
    """Words of two characters: some people are called by one."""
    return tuple(word for word in read_list("zh_words") if len(word) == 2)


def surname(stream: Random) -> str:
    """A surname, frequent ones oftener; rare and double ones too, and some of no list."""
    draw = stream.random()
    if draw < _UNLISTED:
        return stream.choice(stream.choice(_words()))
    draw = stream.random()
    if draw < 0.72:
        ranked = _ranked_surnames()
        return ranked[int(len(ranked) * stream.random() ** _COMMON_SPREAD)]
    if draw < 0.88:
        return stream.choice(sorted(surnames()))
    single = _RARE[:32]
    return stream.choice(single) if draw < 0.97 else stream.choice(("尉迟", "令狐", "闻人", "司马", "欧阳", "诸葛", "上官", "皇甫", "夏侯", "呼延", "端木", "公孙", "轩辕", "慕容", "东方", "独孤", "南宫", "淳于", "澹台"))  # fmt: skip


def given(stream: Random) -> str:
    """A given name of one or two characters; some are a word, some of no list."""
    draw = stream.random()
    if draw < _UNLISTED:
        word = stream.choice(_words())
        return word if stream.random() < 0.6 else stream.choice(word) + stream.choice(_given())
    draw = stream.random()
    if draw < 0.45:
        pool = given_pool(stream.choice((1, 2, 2, 2)), None)
        return stream.choice(pool)
    length = 1 if draw < 0.55 else 2
    name = "".join(stream.choice(_given()) for _ in range(length))
    return name[0] * 2 if length == 2 and stream.random() < 0.06 else name


class PersonZh:
    """One person; ``family`` is empty for peoples without surnames."""

    def __init__(self, stream: Random, family: str | None = None) -> None:
        self.kind = "han"
        if family is None and stream.random() < 0.1:
            self.kind = stream.choice(sorted(_SYLLABLES))
            parts = _SYLLABLES[self.kind]
            self.family = ""
            self.given = "".join(
                stream.choice(parts) for _ in range(1 if stream.random() < 0.3 else 2)
            )
            if self.kind == "uyghur" and stream.random() < 0.6:
                self.given = f"{self.given}·{stream.choice(parts)}"
        else:
            self.family = family or surname(stream)
            self.given = given(stream)

    def full(self) -> str:
        """The whole name."""
        return self.family + self.given

    def nick(self, stream: Random) -> str:
        """What people call each other."""
        last = self.given[-1]
        if not self.family:
            return self.given.partition("·")[0]
        return stream.choice(
            (f"小{self.family[-1]}", f"老{self.family[-1]}", f"小{last}", f"阿{last}", f"{self.family}{stream.choice(_ORDER)}", f"{self.family}老{stream.choice(_ORDER)}", last * 2, self.given if len(self.given) > 1 else f"小{last}", f"{last}{stream.choice('娃子儿妹')}")
        )  # fmt: skip

    def pinyin(self, stream: Random) -> str:
        """In Latin letters, in one of the ways it is written."""
        left = "".join(syllables_of(self.family)).capitalize()
        right = "".join(syllables_of(self.given.replace("·", " "))).title().replace(" ", "")
        if not left:
            return right
        return stream.choice(
            (f"{left} {right}", f"{right} {left}", f"{left} {right[0]}.", f"{left.upper()} {right.upper()}", right.lower(), f"{left}{right}".lower(), f"{left.upper()} {right}", f"{right[0]}. {left}", f"{left[0]}.{right[0]}.", f"{stream.choice(_FOREIGN)} {self.family}", f"{stream.choice(_FOREIGN)} {left}")
        )  # fmt: skip


def titled(stream: Random, person: PersonZh, staff: bool) -> tuple[str, str]:
    """(name, title): the name in front of a title, which is no part of it."""
    title = stream.choice(_STAFF_TITLES if staff else _TITLES)
    if not person.family:
        return person.given.partition("·")[0], title
    draw = stream.random()
    name = person.family if draw < 0.6 else person.full() if draw < 0.85 else person.given
    return name, title
