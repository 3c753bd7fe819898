"""Which encoding from before Unicode some bytes are in, by the letters that come out. Standard library alone.

Every codec is tried; the one whose text is made of the letters that its languages use most wins. That needs less
text than statistics over byte pairs: a line is enough. Nothing is opened and nothing imported while guessing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

_SAMPLE_CHARS = 3000
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_LEAST_SCORE = 0.1
"""Below it nothing fits, and Latin-1 (as Windows has it) stands in: it loses no byte that is a letter in it."""

# The commonest characters of each writing, by everyday frequency; in running text they make up 60 to 90 %.
_SIMPLIFIED = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能"
    "好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把"
    "法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西"
    "再平真听世气信北少关并内加化由却代军产入先山五太水万市站更接系特书司目车网数用应该件量品管价股票记者报告制度计划系统"
    "程序员设计安全服务技术信息提供使用方法问题研究发展社会经济企业投资市场公司北京上海香港联系电话地址邮件图片论坛首页"
)
_TRADITIONAL = frozenset(
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天而能"
    "好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意進把"
    "法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相次東政海口使教西"
    "再平真聽世氣信北少關並內加化由卻代軍產入先山五太水萬市站更接系特書司目車網數應該件量品管價股票記報告制度計劃統"
    "程式設計安全服務技術資訊提供方法問題研究發展社會經濟企業投資場北京香港台灣聯繫電話地址郵件圖片論壇首頁臺灣"
)
_KANJI = frozenset(
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校"
    "語土木聞食車何南万毎白天母火右読友左休父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公"
    "持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住真有口少町料工建空急止送切転研足究楽起着"
    "定議全部最対表関連記日記写真更新情報画像管理設定変更確認利用登録"
)
_HANGUL = frozenset(
    "이다의는에하고가을로지기사한서도를어리나은들자아대인시그있해정스전부수보일라장것으원적제주니만과면여안게상공구성동요경"
    "유선모우연세조신소마화관계문생중비실내방무회교물업국치르위간미오음습오분식행산등러데알말재양개반때차영프트진명통단발"
    "입되했었습니까려야와또더만든없않했된할같저피터타크파포드바람및건설검색글목록작년월날본당천학력결과체감"
)
_PUNCTUATION = frozenset(
    "\u2018\u2019\u201c\u201d\u201e\u2013\u2014\u2026\u2022\u00ab\u00bb\u00a0\u00b0\u00a7\u00a9\u00ae\u20ac\u00a3\u2116"
)
_CJK_PUNCTUATION = frozenset("，。、：；？！（）「」『』《》〈〉【】〔〕“”‘’…—·・ー　～％○●◆■★☆▲▼→※々〜－／")

_CYRILLIC = {
    **dict.fromkeys("оеаинтсрвлкмдпуя", 1.0),
    **dict.fromkeys("ыьгзбчйхжшюцщэфъ", 0.7),
    **dict.fromkeys("ёіїєґўјљњћђџѓќѕ", 0.2),
}
_GREEK = {**dict.fromkeys("αοιετσνηυρπκμλς", 1.0), **dict.fromkeys("ωόίέάήώύγδθφχβξζψϊϋΐ", 0.8)}
_HEBREW = {**dict.fromkeys("אבגדהוזחטיכלמנסעפצקרשתםןףךץ", 1.0), **dict.fromkeys(map(chr, range(0x5B0, 0x5C3)), 0.2)}
_ARABIC = {
    **dict.fromkeys("ايلمنرتوبةعدسفهكقحجأ", 1.0),
    **dict.fromkeys("خصشضطظغثذزىئءآؤإ", 0.7),
    **dict.fromkeys("،؛؟ـًٌٍَُِّْپچژگ", 0.3),
}
_THAI = {
    **dict.fromkeys("านรกเงมยลวดทสตะปบคหแจพชขใไโผซธอัิีึืุู่้์็ำ", 0.9),
    **dict.fromkeys("ถฟภณญฝศษๆๅ", 0.5),
}
_WESTERN = {
    **dict.fromkeys("éèàäöüßçñáíóúêâîôåøæùìò", 1.0),
    **dict.fromkeys("ãëïœ¿¡", 0.7),
    **dict.fromkeys("õûÿºªðþý", 0.3),
}
_CENTRAL = {
    **dict.fromkeys("áéíóúýčďěňřšťůžąćęłńśźżőűäöüß", 1.0),
    **dict.fromkeys("ôăâîşţđ", 0.9),
    **dict.fromkeys("ľĺŕ", 0.3),
}
_TURKISH = {**dict.fromkeys("çğıöşüİ", 1.0), "â": 0.5, "î": 0.3}
_BALTIC = {**dict.fromkeys("āčēģīķļņšūžąęėįų", 0.9), **dict.fromkeys("õäöüé", 0.6)}


@dataclass(frozen=True, slots=True)
class _Candidate:
    codec: str
    score: Callable[[str], float]
    """Mean worth of the characters beyond ASCII in a text, 1 at best, below 0 where they make no sense."""


def guess_codec(data: bytes) -> str:
    """The likeliest codec of `data`, which is neither UTF-8 nor binary."""
    sample = _sample(data)
    best, best_score = "cp1252", _LEAST_SCORE
    for candidate in _CANDIDATES:
        score = _score(sample, candidate)
        if score > best_score + 1e-9:
            best, best_score = candidate.codec, score
    return best


def _sample(data: bytes) -> bytes:
    """The first lines that hold anything beyond ASCII. No codec here uses a line end inside a character."""
    lines: list[bytes] = []
    size = 0
    for line in data.split(b"\n"):
        if high := _HIGH_BYTE.search(line):
            start = max(0, high.start() - 40)
            lines.append(line[start : start + 2 * _SAMPLE_CHARS])
            size += len(lines[-1])
        if size > 2 * _SAMPLE_CHARS:
            break
    return b"\n".join(lines)


def _score(sample: bytes, candidate: _Candidate) -> float:
    text = codecs.decode(sample, candidate.codec, "replace")
    broken = text.count("\ufffd")
    if broken > 1 + 0.005 * len(text):
        return -1.0
    return candidate.score(text.replace("\ufffd", " ")) - 0.02 * broken


def _score_cjk(common: frozenset[str], has_kana: bool = False) -> Callable[[str], float]:
    def worth(char: str) -> float:
        if char in common or (has_kana and "\u3041" <= char <= "\u30fe"):
            return 1.0
        if char in _CJK_PUNCTUATION:
            return 0.7
        return 0.2 if "\u4e00" <= char <= "\u9fa5" or "\uac00" <= char <= "\ud7a3" else -0.7

    def score(text: str) -> float:
        chars = [char for char in text if char > "\x7f"][:_SAMPLE_CHARS]
        return sum(map(worth, chars)) / len(chars) if chars else 0.0

    return score


def _score_letters(letters: dict[str, float], is_latin: bool = False, weight: float = 1.0) -> Callable[[str], float]:
    """For single-byte codecs: letters in their right company.

    A letter of a Latin alphabet stands next to ASCII letters, one of another alphabet does not; within a word no
    capital follows a small letter. `weight` makes codecs that are rare today win only where nothing else fits.
    """

    def worth(before: str, char: str, after: str) -> float:
        if char in _PUNCTUATION:
            return 0.6
        small = char if char in letters else char.lower()
        value = letters.get(small)
        if value is None:
            return -1.0
        if is_latin and not (before.isalpha() or after.isalpha()):
            return -0.3 if value < 1.0 or not char.isalpha() else 0.0
        if not is_latin and ((before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())):
            return -0.7
        if not is_latin and (before.isascii() and after.isascii()):
            return 0.2
        if (small != char and before.islower()) or (char.islower() and after.isupper()):
            return -0.7
        return value if small == char else 0.8 * value

    def score(text: str) -> float:
        text = f" {text} "
        spots = [at for at, char in enumerate(text) if char > "\x7f"][:_SAMPLE_CHARS]
        if not spots:
            return 0.0
        return weight * sum(worth(text[at - 1], text[at], text[at + 1]) for at in spots) / len(spots)

    return score


_CANDIDATES = (
    _Candidate("cp1252", _score_letters(_WESTERN, is_latin=True)),
    _Candidate("gb18030", _score_cjk(_SIMPLIFIED)),
    _Candidate("big5hkscs", _score_cjk(_TRADITIONAL)),
    _Candidate("cp932", _score_cjk(_KANJI, has_kana=True)),
    _Candidate("euc_jp", _score_cjk(_KANJI, has_kana=True)),
    _Candidate("cp949", _score_cjk(_HANGUL)),
    _Candidate("johab", _score_cjk(_HANGUL)),
    _Candidate("cp1251", _score_letters(_CYRILLIC)),
    _Candidate("koi8_u", _score_letters(_CYRILLIC)),
    _Candidate("cp866", _score_letters(_CYRILLIC)),
    _Candidate("cp855", _score_letters(_CYRILLIC)),
    _Candidate("mac_cyrillic", _score_letters(_CYRILLIC)),
    _Candidate("iso8859-5", _score_letters(_CYRILLIC)),
    _Candidate("cp1253", _score_letters(_GREEK)),
    _Candidate("iso8859-7", _score_letters(_GREEK)),
    _Candidate("cp1255", _score_letters(_HEBREW)),
    _Candidate("cp1256", _score_letters(_ARABIC)),
    _Candidate("iso8859-6", _score_letters(_ARABIC)),
    _Candidate("cp874", _score_letters(_THAI)),
    _Candidate("cp1250", _score_letters(_CENTRAL, is_latin=True)),
    _Candidate("iso8859-2", _score_letters(_CENTRAL, is_latin=True)),
    _Candidate("cp1254", _score_letters(_TURKISH, is_latin=True)),
    _Candidate("cp1257", _score_letters(_BALTIC, is_latin=True)),
    _Candidate("mac_roman", _score_letters(_WESTERN, is_latin=True, weight=0.5)),
    _Candidate("cp850", _score_letters(_WESTERN, is_latin=True, weight=0.5)),
)
LEGACY_CODECS = tuple(candidate.codec for candidate in _CANDIDATES)
