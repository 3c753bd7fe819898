"""The files of a person who rents a flat, cooks, travels and writes code: what the screenshots show."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

from tests.documents import docx, paragraph, pdf, zipped
from tests.documents_mail import mail
from tests.documents_office import pptx, shape
from tests.documents_pictures import png, scanned_pdf

_LEASE = [
    [
        "Lease agreement", "",
        "between the owner of the house Hafenstrasse 12, in what follows the landlord,",
        "and Ms Ada Okafor, in what follows the tenant.", "",
        "Section 1   The flat", "",
        "Let is the flat on the second floor at the left: three rooms, kitchen, bath and a cellar.",
        "The tenant is given two keys of the house, two of the flat and one of the letter box.", "",
        "Section 2   The rent", "",
        "The rent is 840 euros a month, and is paid by the third working day of the month.",
        "Costs of heating and water are shared by what the meters show.",
    ],
    [
        "Section 3   The deposit", "",
        "The tenant pays three monthly rents as a deposit, on an account of its own.",
        "It is settled within six months of handing back the flat.", "",
        "Section 4   Use", "",
        "The flat is let for living in. Small pets may be kept; a dog wants the landlord's consent.", "",
        "Section 5   The house", "",
        "The stairs are cleaned by turns. Bicycles stand in the yard.",
    ],
    [
        "Section 6   Repairs during the tenancy", "",
        "The tenant reports damage without delay. Small repairs up to 110 euros in each case,",
        "and up to 8 per cent of the yearly rent in all, are borne by the tenant.", "",
        "Section 7   Ending the tenancy", "",
        "Either party may end this agreement by giving written notice no later than",
        "three months before the intended date of departure, with effect from the end",
        "of a calendar month. The third working day of a month still counts.", "",
        "Notice must be signed by hand. It is received when it is in the other party's letter box.", "",
        "Section 8   Handing back", "",
        "The flat is returned swept clean and with all keys, copies included. Holes in walls",
        "beyond the customary number are filled. A protocol is drawn up and signed by both.",
    ],
    [
        "Section 9   Keys and letters", "",
        "Notices go to the addresses above. Who moves tells the other party at once where to.", "",
        "Hamburg, 1 March",
    ],
]  # fmt: skip
_CHINESE = (
    "第七条 合同的解除：承租人如需提前退租，应当提前三十日以书面形式通知出租人，并结清水、电、燃气等费用。"
    "第八条 房屋交还：租客搬走之后，房东应当在十四日内退还押金。"
)
_HEBREW = "השוכר יודיע למשכיר בכתב שלושה חודשים לפחות לפני מועד הפינוי, אלא אם הוסכם אחרת בין הצדדים."
_MAIL = (
    "Dear Ms Okafor,\n\nas the landlord's agent we need your letter by 31 March at the latest if you are moving out "
    "at the end of June; an e-mail is not enough. Please have the meters read before handing back the keys.\n"
)
_CODE = '''"""Reminds me of dates that a lease sets."""

from datetime import date, timedelta

NOTICE_PERIOD = timedelta(days=92)


def notice_deadline(departure: date) -> date:
    """The last day to tell the landlord in writing before moving out."""
    return departure - NOTICE_PERIOD
'''
_SLIDES = [
    (shape("Moving checklist", "title") + shape("What to do, and by when"), ""),
    (shape("Boxes", "title") + shape("Forty boxes, tape, blankets. Books go into the small ones."), ""),
    (shape("Three months ahead", "title") + shape("Notice to the landlord, by registered letter. Removal firm."), ""),
]
_ARABIC = "يجب على المستأجر إخطار المالك كتابيا قبل ثلاثة أشهر على الأقل من تاريخ إخلاء الشقة وتسليم المفاتيح."
_LONG = (
    "Minutes of the tenants' meeting about the heating, the stairwell, the bicycles in the yard and the "
    "question of who clears the snow - final version with corrections v7_scan.txt"
)
_SUBJECTS: dict[str, tuple[list[str], list[str]]] = {
    "Recipes": (
        ["Barley soup", "Onion tart", "Lentil stew", "Leek gratin", "Potato salad", "Plum cake", "Rye bread"],
        [
            "Chop the onions and fry them slowly in butter.", "Season with thyme, pepper and a little salt.",
            "Let the soup simmer for forty minutes.", "Knead the dough, and let it rise overnight.",
            "Bake in a hot oven until the crust is brown.", "Serve with bread and a green salad.",
            "Peel the potatoes and boil them in their skins.", "Soak the lentils, then add the stock.",
            "Beat the eggs with sugar and flour.", "Grandmother's recipe, for six people.",
        ],
    ),
    "Travel": (
        ["Lisbon", "Trieste", "Bergen", "Ghent", "Porto", "Turku", "Split", "Palermo"],
        [
            "The night ferry leaves at ten, cabin with a window.", "Hotel by the harbour, breakfast included.",
            "Train tickets and passports are in the blue folder.", "Museum in the morning, swimming in the afternoon.",
            "The flight home is delayed by two hours.", "Bring a raincoat, and shoes for the mountains.",
            "Rent bicycles near the station.", "The travel insurance covers lost luggage.",
            "Old town, cathedral, and the fish market.", "Change trains twice on the way to the coast.",
        ],
    ),
    "Projects": (
        ["orders", "meters", "invoices", "stations", "sensors", "routes", "batches", "labels"],
        [
            "def parse(line):\n    return line.rstrip().split(';')\n", "import csv, json, pathlib\n",
            "class Reader:\n    def __init__(self, path):\n        self.path = path\n",
            "assert len(rows) > 0, 'empty table'\n", "for row in reader:\n    yield convert(row)\n",
            "if __name__ == '__main__':\n    main(sys.argv)\n", "assert parse('a;b') == ['a', 'b']\n",
            "raise ValueError(f'bad row {number}')\n", "logging.getLogger(__name__).debug('read %d rows', count)\n",
            "json.dump(result, file, indent=1)\n",
        ],
    ),
    "Taxes": (
        ["Income tax 2023", "Income tax 2022", "Bank interest", "Donations", "Tools", "Insurance", "Pension"],
        [
            "The income tax return is due at the end of July.", "Receipts for work tools, deductible up to the limit.",
            "The bank certifies the interest of the year.", "Donations to the animal shelter, with certificate.",
            "Kilometres between home and the office, both ways.", "The tax office asks for the wage statement.",
            "Insurance premiums are special expenses.", "The pension fund confirms the contributions.",
            "Objection against the tax assessment, within a month.", "The accountant's invoice, paid in May.",
        ],
    ),
    "Garden": (
        ["Tomatoes", "Roses", "Compost", "Raspberries", "Lawn", "Herbs", "Apple tree", "Tulips"],
        [
            "Sow under glass in March, plant after the last frost.", "Water in the evening, never at noon.",
            "Cut the roses back in spring, above an outward bud.", "Turn the compost twice a year.",
            "Mulch the beds with straw against weeds.", "Slugs ate the lettuce again.",
            "Prune the apple tree on a dry day in winter.", "Plant the bulbs three times as deep as they are thick.",
            "The lawn wants lime and less shade.", "Dry the herbs in bunches under the roof.",
        ],
    ),
}  # fmt: skip
_PARTICULARS = {
    "Recipes": "barley nutmeg celery marjoram cream raisins yeast walnuts parsley bacon mustard vinegar cabbage "
    "cinnamon honey chestnuts fennel mushrooms garlic dill beetroot almonds caraway",
    "Travel": "lighthouse tram viaduct opera fjord pastries monastery tiles funicular canal castle mosaic "
    "vineyard museum gondola aquarium observatory ramparts bookshop island sauna citadel puppets",
    "Projects": "customer voltage discount platform humidity detour pallet barcode invoice meter sensor station "
    "currency threshold route weekday checksum warehouse operator interval latitude shipment carrier",
    "Taxes": "commuting desk telephone donation dividend annuity craftsman allowance childcare training moving "
    "union mileage software printer solar inheritance severance alimony laptop heating household studio",
    "Garden": "basil peony nettle gooseberry clover sage quince crocus wheelbarrow trellis aphids rhubarb hedgehog "
    "lavender moss chives grafting snails hyacinth dandelion thyme plum daffodil",
}
"""What one note has and hardly another: else they would be versions of each other."""
_NOTES = 32
"""About each subject."""
_DAY_S = 86_400


def write(folder: Path) -> None:
    """Write them all below `folder`."""
    flat = folder / "Flat" / "Hafenstrasse 12"
    lease = flat / "Lease agreement Hafenstrasse 12 - signed.pdf"
    _put(lease, pdf(_LEASE, title="Lease agreement"), 250)
    _put(folder / "Flat" / "上海" / "房屋租赁合同（2023年续签）.docx", docx(paragraph(_CHINESE)), 440)
    _put(folder / "Mail" / "2024" / "Re Handing back the keys.eml", _letter(), 260)
    _put(folder / "Projects" / "household" / "tenancy_reminders.py", _CODE.encode(), 310)
    _put(folder / "Flat" / "Move" / "Moving checklist, spring.pptx", pptx(_SLIDES), 230)
    _put(folder / "Flat" / "תל אביב" / "עותק חוזה שכירות – נוסח סופי.txt", _HEBREW.encode(), 730)
    _put(folder / "Flat" / "القاهرة" / "عقد إيجار الشقة - النسخة النهائية.txt", _ARABIC.encode(), 610)
    _put(folder / "Flat" / "House" / "notice board.png", png("HEATING OFF ON MONDAY", "WATER OFF ON TUESDAY"), 60)
    minutes = "The landlord answers within a month. " * 3
    _put(folder / "Flat" / "House" / _LONG, minutes.encode(), 120)
    for subject, (titles, sentences) in _SUBJECTS.items():
        _write_subject(folder / subject, subject, titles, sentences)
    copy = folder / "Flat" / "Old" / "Lease agreement (copy).pdf"
    copy.parent.mkdir(parents=True)
    shutil.copy2(lease, copy)
    notes = folder / "Garden" / "year.md"
    _put(notes, ("# Garden, the year\n\n" + " ".join(_SUBJECTS["Garden"][1])).encode(), 90)
    draft = (folder / "Taxes" / "Income tax 2023.md").read_bytes()
    _put(folder / "Taxes" / "Income tax 2023, draft.md", draft.replace(b"Ask about", b"Still to ask:"), 45)
    _put(folder / "Garden" / "year, new.md", notes.read_bytes() + b"\nBuy a longer hose, and a second can.\n", 20)


def write_damaged(folder: Path) -> None:
    """Files that cannot be read, each for another reason."""
    for number in range(3):
        _put(folder / f"Receipt {number + 1}.docx", b"PK\x03\x04" + bytes(200), 40 + number)
    for number in range(4):
        _put(folder / f"Scan {number + 1}.pdf", scanned_pdf(["HEATING BILL", "SEE THE OTHER SIDE"]), 50 + number)
    _put(folder / "Letters of 2019.zip", zipped({"letter.txt": "Dear Ms Okafor"}), 400)
    _put(folder / "Holiday.iso", bytes(5_000), 300)
    _put(folder / "empty.txt", b"", 10)
    _put(folder / "Letter to the bank.txt", b"Please close the account at the end of the month.", 15)


def write_drive(folder: Path) -> None:
    """What lies on a drive that is not always there."""
    for number, city in enumerate(_SUBJECTS["Travel"][0]):
        _put(folder / "Photos" / f"{city}.txt", f"Album of {city}. The ferry, the harbour, the hotel.".encode(), number)


def write_newcomer(folder: Path) -> None:
    """The usual folders of somebody who has never used Inkling."""
    for name, files in (("Documents", 64), ("Desktop", 7), ("Downloads", 23), ("Pictures", 41)):
        for number in range(files):
            _put(folder / name / f"{name} {number + 1}.txt", b"A line of text.\n" * 40 * (number + 1), number)
    _put(folder / ".thunderbird" / "x1.default" / "Mail" / "Local Folders" / "Inbox", _letter() * 30, 3)


def _write_subject(folder: Path, subject: str, titles: list[str], sentences: list[str]) -> None:
    draw = random.Random(subject)
    ending = ".py" if subject == "Projects" else ".md"
    for number in range(_NOTES):
        title, part = titles[number % len(titles)], number // len(titles)
        name = f"{title}, part {part + 1}" if part else title
        particulars = draw.sample(_PARTICULARS[subject].split(), 12)
        if ending == ".py":
            body = "\n".join([f"FIELDS = {particulars}", *draw.sample(sentences, 2)])
        else:
            body = f"{title}: {', '.join(particulars[:6])}. {' '.join(draw.sample(sentences, 2))} "
            body += f"Ask about {' and '.join(particulars[6:])}."
        _put(folder / f"{name}{ending}", body.encode(), 30 + 9 * number)


def _put(path: Path, data: bytes, age_days: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    then = time.time() - age_days * _DAY_S
    os.utime(path, (then, then))


def _letter() -> bytes:
    headers = {"From": "agent@example.org", "To": "okafor@example.org", "Subject": "Re: Handing back the keys"}
    return mail(headers, _MAIL)
