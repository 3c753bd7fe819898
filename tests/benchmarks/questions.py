"""Passages with questions whose answering sentence was chosen by hand, for `tests.benchmarks.evidence`.

The questions say it in other words than the sentence does, as people do who remember what a letter said.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Judged:
    """One passage, and questions with the beginning of the sentence that answers each."""

    text: str
    questions: tuple[tuple[str, str], ...]


JUDGED = (
    Judged(
        "This agreement begins on 1 April and runs for two years. The rent is due on the third working day of each "
        "month. The landlord returns the deposit within fourteen days after the keys were handed over, less the cost "
        "of damage. Dogs need written consent; cats do not. The tenant clears snow from the path in front of the "
        "house. Either side may end the agreement with three months' notice.",
        (
            ("when do I get my money back after moving out", "The landlord returns"),
            ("am I allowed to keep a pet", "Dogs need"),
            ("how can the contract be cancelled", "Either side"),
            ("who shovels in winter", "The tenant clears"),
            ("how long does the lease last", "This agreement"),
        ),
    ),
    Judged(
        "The bridge was opened in 1931 and carried two lanes. On the night of the storm the wind reached 64 km/h. "
        "Torsional oscillations of the deck grew until a hanger snapped. Nobody was hurt except for a dog left in a "
        "car. The insurer had never passed on the premium. Its successor has stiffening trusses ten metres deep.",
        (
            ("why did it collapse", "Torsional"),
            ("casualties", "Nobody was"),
            ("how strong was the gale", "On the night"),
            ("what was built differently afterwards", "Its successor"),
            ("fraud with the policy", "The insurer"),
        ),
    ),
    Judged(
        "Install the package with your system's tools. Configuration is read from a single file in your home folder. "
        "If the program does not start, look for a stale lock file and remove it. Logs are rotated every week and kept "
        "for a month. Passwords are never written to disk. To update, stop the daemon first and replace the binary.",
        (
            ("it hangs at launch, what to do", "If the program"),
            ("where are the settings stored", "Configuration is"),
            ("are my credentials safe", "Passwords are"),
            ("upgrading to a newer version", "To update"),
            ("how long is the history of messages retained", "Logs are"),
        ),
    ),
    Judged(
        "Chop two onions and a clove of garlic. Let the dough rest for an hour in a warm place, until it has doubled. "
        "Meanwhile simmer the tomatoes with basil over low heat. Bake on the lowest shelf at 250 degrees. Leftovers "
        "freeze well for up to three months. Serve with a green salad and a glass of red wine.",
        (
            ("how hot must the oven be", "Bake on"),
            ("making the sauce", "Meanwhile"),
            ("how long does it keep", "Leftovers"),
            ("what to drink with it", "Serve with"),
            ("waiting for the yeast to rise", "Let the dough"),
        ),
    ),
    Judged(
        "Dear Ms Weber, thank you for your patience. Your flight to Lisbon was cancelled because of a strike of air "
        "traffic controllers. We have booked you on the morning departure of the following day. Under the regulation "
        "you are entitled to 400 euros. The hotel near the airport is paid by us, breakfast included. Please send us "
        "the number of your bank account by the end of the month.",
        (
            ("compensation amount", "Under the"),
            ("reason the plane did not leave", "Your flight"),
            ("where will I sleep", "The hotel"),
            ("when do I travel instead", "We have booked"),
            ("what do they need from me", "Please send"),
        ),
    ),
    Judged(
        "The patient reports pain in the left knee since a fall in January. There is no fever. The X-ray shows no "
        "fracture. We recommend six sessions of physiotherapy and ibuprofen at need. Penicillin must not be given, "
        "as it caused a rash in childhood. A check is planned in eight weeks.",
        (
            ("allergies", "Penicillin"),
            ("is the bone broken", "The X-ray"),
            ("which treatment was advised", "We recommend"),
            ("next appointment", "A check"),
            ("how did the injury happen", "The patient"),
        ),
    ),
    Judged(
        "Sales rose by four percent over the year before. Growth came mostly from the south, where two shops opened. "
        "Costs for energy doubled in the second quarter. The warehouse in Leeds will close in autumn, and its staff "
        "are offered posts elsewhere. The dividend stays at 12 pence. Mr Okafor joins the board in May.",
        (
            ("electricity became expensive", "Costs for"),
            ("what do shareholders receive", "The dividend"),
            ("new director", "Mr Okafor"),
            ("are people losing their jobs", "The warehouse"),
            ("which region did best", "Growth came"),
        ),
    ),
    Judged(
        "Bees leave the hive when it is warmer than twelve degrees. A queen lays up to two thousand eggs a day in "
        "early summer. Varroa mites are treated with formic acid once the honey is harvested. Swarms are caught in a "
        "basket at dusk. Feed sugar syrup in September so that the colony survives the cold months. Wear a veil.",
        (
            ("fighting parasites", "Varroa"),
            ("preparing for winter", "Feed sugar"),
            ("reproduction rate", "A queen"),
            ("at which temperature do they fly", "Bees leave"),
            ("protecting the face", "Wear a veil"),
        ),
    ),
)
