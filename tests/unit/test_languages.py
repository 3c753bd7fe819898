"""Languages: what can be told apart, and that what cannot is not guessed."""

from __future__ import annotations

import pytest

from finder.languages import LANGUAGES, language_of

TEXTS = {
    "en": "The landlord returns the deposit within fourteen days after the tenant has moved out of the flat.",
    "de": "Der Vermieter gibt die Kaution zurück, nachdem der Mieter aus der Wohnung ausgezogen ist und nichts fehlt.",
    "fr": "Le propriétaire rend la caution dans les quinze jours après que le locataire est parti avec ses meubles.",
    "es": "El propietario devuelve la fianza en los quince días después de que el inquilino se va de la casa.",
    "it": "Il proprietario restituisce la cauzione entro quindici giorni dopo che l'inquilino è uscito con le cose.",
    "pt": "O senhorio devolve a caução no prazo de quinze dias depois que o inquilino não está mais na casa.",
    "nl": "De verhuurder geeft de borg terug als de huurder uit het huis is en er niet meer in woont.",
    "zh": "租客搬走之后，房东应当在十四天之内退还押金。",
    "ja": "借主が退去した後、家主は十四日以内に敷金を返還しなければならない。",
    "ko": "임차인이 이사한 후 집주인은 14일 이내에 보증금을 반환해야 한다.",
    "ru": "После того как жилец выехал, хозяин возвращает залог в течение четырнадцати дней.",
    "uk": "Після того як мешканець виїхав, власник повертає заставу протягом чотирнадцяти днів.",
    "ar": "يعيد المالك التأمين في خلال أربعة عشر يوما بعد مغادرة المستأجر إلى مدينة أخرى.",
    "fa": "مالک پس از آن که مستأجر خانه را ترک کرد پول پیش را برمی‌گرداند چون چیزی کم نیست.",
    "he": "בעל הבית מחזיר את הפיקדון בתוך ארבעה עשר ימים לאחר שהדייר עזב.",
    "el": "Ο ιδιοκτήτης επιστρέφει την εγγύηση μέσα σε δεκατέσσερις ημέρες.",
    "th": "เจ้าของบ้านคืนเงินประกันภายในสิบสี่วันหลังจากผู้เช่าย้ายออก",
}


def test_each_language_that_is_offered_is_told() -> None:
    assert {code: language_of(text) for code, text in TEXTS.items()} == {code: code for code in LANGUAGES}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "42 17 3.5",
        "a",
        "def main(argv):\n    return run(argv, check=False)\n",
        "Figures Q1 Q2 Q3 Q4 total",
        "Кирилл",
        TEXTS["en"] + TEXTS["ru"],
        "नमस्ते दुनिया आप कैसे हैं",
        "Lorem ipsum dolor sit amet consectetur adipiscing",
    ],
)
def test_what_cannot_be_told_is_no_language(text: str) -> None:
    assert language_of(text) == ""


def test_chinese_that_quotes_english_words_is_chinese() -> None:
    assert language_of("我们使用 Python 来处理所有的文件，然后把结果保存到数据库中。") == "zh"
