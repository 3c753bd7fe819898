"""Words that say nothing alone, by language. Imports nothing.

They are no terms of a query, name no topic and tell languages apart. A word may be one in this language and say much in
that one: "war", "die" and "door" are stop words of German and Dutch, so which language a query is in counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

_ENGLISH = """
a about above after again against all am an and any are aren't as at be because been before being below between both
but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each few for from further
had hadn't has hasn't have haven't having he her here hers herself him himself his how i i'd i'll i'm i've if in into
is isn't it it's its itself just let's me more most my myself no nor not now of off on once only or other our ours out
over own same she should shouldn't so some such than that that's the their theirs them themselves then there these
they this those through to too under until up very was wasn't we were weren't what what's when where which while who
whom why will with won't would wouldn't you you're your yours yourself
"""
_GERMAN = """
aber alle als also am an auch auf aus bei bin bis da damit dann das dass dem den denn der des dessen die dies diese
diesem diesen dieser dieses doch du durch ein eine einem einen einer eines er es für haben hat hatte ich ihr ihre
ihrer im in ist ja jede kann kein keine man mehr mein meine mit nach nicht noch nur oder ohne sein seine seiner sich
sie sind so um und uns unser unter vom von vor war waren was welche welcher welches wenn wer werden wie wir wird wo
wurde wurden während zu zum zur zwischen über
"""
_FRENCH = """
au aux avec ce ces cet cette comme comment dans de des dont du elle elles en entre est et eu il ils je la le les leur
leurs mais me mes mon ne nos notre nous on ont ou où par pas plus pour pourquoi qu quand que quel quelle quelles quels
qui sa sans se ses son sont sous sur un une vos votre vous à était été être
"""
_SPANISH = """
al como con cual cuando cuál cuáles cuándo cuánto cuántos cómo de del desde donde dónde el ella ellos en entre era es
esta este esto está están fue fueron ha han hasta la las le les lo los me mi más ni no o para pero por porque que
quien quién qué se ser si sin sobre son su sus también te tiene un una uno y ya
"""
_ITALIAN = """
ai al alla alle anche che chi ci come con cosa da dai dal dalla degli dei del della delle di dove e ed era gli ha
hanno ho i il in io la le lei lo loro lui ma mi nel nella nelle noi non o per perché più qual quale quali quando
quanti quanto quello questa questo se si sia sono su sua sul sulla suo tra un una uno è
"""
_PORTUGUESE = """
ao aos as até com como da das de do dos e ela ele em entre era essa esse esta este eu foi foram há isso já mais mas me
meu minha muito na nas no nos não o onde os ou para pela pelas pelo pelos por porque quais qual quando quanto que quem
se sem ser seu seus sobre sua suas são também tem um uma à é
"""
_DUTCH = """
aan al als bij dan dat de deze die dit door een en er had heeft het hij hoe ik in is je kan maar meer met mijn na naar
niet nog of om onder ook op over te tot uit van voor waar waarom wanneer was wat we welke werd wie wordt ze zich zijn
zo zou
"""
_MORE = {
    "pl": """
        a ale był była było były co czy dla do gdy gdzie go i ich ile jak jaka jaki jakie jako jego jej jest jeśli już
        kiedy kto która które który lub ma między może można na nad nie o od on oraz po pod przed przez przy się są ta
        tak tego ten to tylko tym w we z za ze że żeby
    """,
    "cs": """
        a aby ale ani až bude by byl byla bylo být co do i jak jako je jeho jejich její jen ještě již jsem jsou k kde
        když která které který na nebo není o od po pod podle pro proč před při s se si tak také tato tento to tom u v
        ve více z za ze či že
    """,
    "sv": """
        alla att av de den denna det detta dig du efter eller en ett från för ha hade han har hon hur här i icke in
        inte jag kan man med men mot när och om på sig sin sina som så till under upp ut vad var vi vid vilka vilken
        är över
    """,
    "da": """
        af at da de den der det dette du efter eller en er et for fra ham han har havde hun hvad hvem hvilke hvilken
        hvor hvordan i ikke jeg kan med men mig mod når og også om op over på sig sin skal som til ud under var ved vi
        vil
    """,
    "nb": """
        av de den denne der det dette du eller en er et etter for fra ha hadde han har hun hva hvem hvilke hvilken
        hvor hvordan i ikke jeg kan med men mot når og også om opp over på seg sin skal som til under ut var ved vi
        vil
    """,
    "fi": """
        ehkä ei en ennen että hän häntä ja jo joka joko jonka jos jossa jotka kanssa kuin kuinka kuka kun miksi mikä
        millä missä mitä mukaan mutta myös ne niin nyt ole oli olla on ovat se sekä sen siitä sitä tai tämä tässä vain
        voi
    """,
    "hu": """
        a az azt be csak de egy el ez ezt fel ha hogy hogyan hol igen is itt kell ki le lesz meg mely melyik mert mi
        mikor mint mit miért nagy nem ott pedig s sem szerint után vagy van volt és össze ő
    """,
    "ro": """
        a ai al ale am ar are au ca care ce cea cel cu cum când către da de din după este eu fi fost la lui mai nu o
        pe pentru prin sa sau se sunt un una unde unei unui va în între și
    """,
    "tr": """
        ama ancak bir biri bu bunu da daha de değil diye en gibi hangi her ile ise için kadar ki kim mi mu nasıl ne
        neden nerede olan olarak oldu olduğu sonra var ve veya ya çok şu
    """,
    "id": """
        ada adalah agar akan apa atau bagaimana bahwa bisa dalam dan dapat dari dengan di ini itu juga kami kapan
        karena ke kepada mana oleh pada saat saya sebagai siapa sudah tidak untuk yang
    """,
    "ru": """
        а без бы был была были было быть в вам вас весь во вот все вы где да даже для до его если есть еще её же за
        здесь и из или им их к как какая какие какой ко когда который кто ли либо между мне может мы на над не него
        нет ни но о об он она они оно от по под почему при про с сколько со так также то только том у уже чем что
        чтобы эта эти это этот
    """,
    "uk": """
        а або але б без був була були було в в'є вже ви вона вони все від він де для до же з за зі й його коли крім ли
        ми між на над не ні о от по при про під та так також те ти то тільки у хто це цей ця чи чому що щоб як яка
        який які і із їх її
    """,
    "el": """
        ένα ένας ή αλλά αν από αυτό για δεν είναι εκείνο ενώ η θα και κατά μία με μετά μη να ο οι πολύ που πού πως πώς
        σε στα στη στην στις στο στον στους τα τη την της τι τις το τον του τους των ως όμως όπως όταν ότι
    """,
}

STOP_WORDS_OF: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "en": _ENGLISH,
        "de": _GERMAN,
        "fr": _FRENCH,
        "es": _SPANISH,
        "it": _ITALIAN,
        "pt": _PORTUGUESE,
        "nl": _DUTCH,
    }.items()
}
"""By language (ISO 639-1), casefolded: those by which `finder.languages` tells languages apart."""

EVERY_LANGUAGES = (*STOP_WORDS_OF.values(), *(frozenset(words.split()) for words in _MORE.values()))
"""Each language's for itself, English first."""

STOP_WORDS: frozenset[str] = frozenset().union(*EVERY_LANGUAGES)
"""Those of all languages."""


def stop_words_for(words: Collection[str], every: Sequence[frozenset[str]] = EVERY_LANGUAGES) -> frozenset[str]:
    """The stop words of the language that a few words seem to be in: the one that most of them are stop words of.

    A single one proves nothing, and English is taken: "garage door" is not Dutch, and "world war" no German.

    Args:
        every: the stop words of each language, English first, prepared as `words` are.
    """
    met = frozenset(words)
    best = max(every, key=lambda own: len(own & met))  # of equal ones the first
    return best if len(best & met) > 1 else every[0]
