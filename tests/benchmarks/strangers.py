"""A hundred queries that no judged set answers: everyday questions in four languages, and noise of the keyboard.

What is asked is plausible for a person's own computer and off the subject of encyclopaedias, abstracts and code. The
noise is drawn from a seed, so that every run has the same.
"""

from __future__ import annotations

import random

ENGLISH = (
    "my grandmother's recipe for plum dumplings",
    "best hiking boots for wide feet",
    "cheap flights from oslo to lisbon in march",
    "how do I unclog a kitchen sink",
    "wedding speech for my sister",
    "guitar chords for a sad song in d minor",
    "vaccination schedule for puppies",
    "how to fold a fitted sheet",
    "tomato seedlings turning yellow leaves",
    "knitting pattern for baby socks",
    "horoscope for capricorn next week",
    "mountain bike brake pads squeaking",
    "names for a black cat",
    "dishwasher error code e24",
    "invoice from the plumber in february",
    "parking permit renewal form",
    "rental agreement for the flat in leeds",
    "minutes of the parents' evening",
    "gym membership cancellation letter",
    "packing list for a week of camping",
    "did we pay the electricity bill",
    "sourdough starter feeding times",
    "quote for repainting the hallway",
    "who is bringing dessert on saturday",
    "tax return deadline for freelancers",
)
CHINESE = (
    "今天晚上吃什么好呢",
    "怎么去除衣服上的油渍",
    "房东不退押金怎么办",
    "适合夏天喝的凉茶做法",
    "猫咪不吃猫粮怎么办",
    "孩子的家长会几点开始",
    "去年的体检报告放哪了",
    "阳台上适合种什么花",
    "手机屏幕碎了换一块多少钱",
    "健身房年卡可以退吗",
    "红烧肉放多少糖",
    "周末去哪里爬山",
    "宽带到期怎么续费",
    "给妈妈买什么生日礼物",
    "冰箱不制冷是什么原因",
)
JAPANESE = (
    "猫の名前を考えています",
    "今夜の晩ご飯は何にしよう",
    "引っ越しの見積もりを比べたい",
    "洗濯機から水が漏れる",
    "子どもの運動会のお弁当",
    "美味しい味噌汁の作り方",
    "歯医者の予約を変更したい",
    "結婚式の招待状の返事の書き方",
    "家賃の振込先を教えて",
    "自転車のパンクを直す方法",
    "ゴミの収集日はいつですか",
    "母の日のプレゼントの相談",
    "腰が痛いときのストレッチ",
    "スマホの料金を安くしたい",
    "ベランダで育てるトマト",
)
SPANISH = (
    "receta de croquetas de jamón de mi abuela",
    "cómo quitar una mancha de vino del mantel",
    "nombres para un perro pequeño",
    "factura del fontanero de febrero",
    "horario del gimnasio los domingos",
    "qué regalar a mi suegra por su cumpleaños",
    "la lavadora hace mucho ruido al centrifugar",
    "lista de la compra para la barbacoa",
    "cuándo caduca mi carné de conducir",
    "vuelos baratos a lisboa en marzo",
    "contrato de alquiler del piso",
    "tarta de queso sin horno",
    "cita con el dentista para los niños",
    "cómo doblar una sábana bajera",
    "zapatillas cómodas para pies anchos",
)
NONSENSE = (
    "lorem flurble wopsit gnarf",
    "colorless green ideas sleep furiously",
    "purple monkey dishwasher",
    "zebra umbrella tractor violin cloud",
    "zwölf grüne Kaffeekannen träumen",
    "香蕉 拖拉机 雨伞 云",
    "りんご 電柱 くつした 雷",
    "mesa nube tornillo jirafa",
)
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ALL = 100


def strangers() -> list[str]:
    """The hundred, the same each time."""
    asked = [*ENGLISH, *CHINESE, *JAPANESE, *SPANISH, *NONSENSE]
    source = random.Random(7)
    return asked + [_noise(source) for _ in range(_ALL - len(asked))]


def _noise(source: random.Random) -> str:
    """What a hand, a cat or a number pad leaves: runs of one row of keys, or digits."""
    rows = (*_KEYS, "0123456789")
    return " ".join("".join(source.choices(source.choice(rows), k=source.randint(3, 8))) for _ in range(3))
