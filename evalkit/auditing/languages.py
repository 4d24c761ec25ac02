"""Beginnings of refusals in other languages than English."""

import re

_BEGINNINGS = {
    "de": r"""
        es tut mir (?:sehr )?leid|tut mir (?:sehr )?leid|entschuldig(?:ung|e|en)|verzeihung
        leider (?:kann|darf|ist|weiss|habe|bin)|ich kann (?:\w+ ){0,6}nicht
        das (?:kann|darf|weiss) ich (?:\w+ ){0,3}nicht|dabei kann ich|ich weiss (?:\w+ ){0,2}nicht|keine ahnung
        ich bin nicht in der lage|ich (?:darf|möchte) (?:\w+ ){0,5}nicht|keine antwort
    """,
    "fr": r"""
        (?:je suis |je )?(?:sincèrement |vraiment )?désolée?\b|je (?:ne |n')(?:peux|puis|suis|sais|ai) |je regrette
        je m'excuse|malheureusement,? (?:je|il m'est|cela|ce n)|aucune idée|je refuse
        (?:il m'est )?impossible (?:de|pour moi)|excusez|pas de réponse|je dois (?:décliner|refuser)
    """,
    "es": r"""
        lo siento|lo lamento|perdón|disculp\w+|(?:lamentablemente|desafortunadamente|por desgracia),? no
        no (?:te |le |les |os )?puedo|no (?:lo )?sé\b|no me es posible
        no estoy (?:\w+ ){0,2}(?:autorizad|en condiciones|capacitad|segur)|ni idea|sin respuesta|me temo
    """,
    "it": r"""
        mi dispiace|mi spiace|spiacente|scus(?:a|i|ate)\b|non (?:ti |le |vi )?posso|non sono in grado|purtroppo,? non
        non (?:lo )?so\b|nessuna idea
    """,
    "pt": r"""
        desculp\w+|sinto muito|lamento|perdão|não (?:te |lhe )?posso|não consigo|não me é possível
        infelizmente,? (?:eu )?não|não sei|sem resposta
    """,
    "nl": r"""
        het spijt (?:me|mij)|helaas (?:kan|mag|weet|ben)|ik kan (?:\w+ ){0,6}niet|ik weet het niet
        ik ben niet in staat|geen idee
    """,
    "sv": r"""
        tyvärr (?:kan|vet|får|har)|jag kan (?:\w+ ){0,3}inte|jag är ledsen|förlåt|jag vet inte|beklagar
    """,
    "da": r"""
        de(?:s|ss)v(?:æ|e)rre (?:kan|ved|vet|må|har)|jeg kan (?:\w+ ){0,3}ikke|beklager|undskyld|unnskyld
        jeg (?:ved|vet) (?:det )?ikke
    """,
    "fi": r"""
        valitettavasti en|olen pahoillani|anteeksi|en (?:voi|pysty|tiedä)
    """,
    "pl": r"""
        przepraszam|przykro mi|niestety,? nie|nie mogę|nie wiem|nie jestem w stanie|wybacz
    """,
    "cs": r"""
        omlouvám|bohužel (?:\w+ )?ne|nemohu|nemůžu|je mi líto|nevím|promiňte|prepáčte|ľutujem|žiaľ,? ne
    """,
    "hu": r"""
        sajnálom|sajnos nem|elnézést|nem tudok|nem tudom|bocsánat
    """,
    "ro": r"""
        îmi pare rău|ne pare rău|din păcate,? nu|nu pot|nu știu|scuze
    """,
    "tr": r"""
        üzgünüm|maalesef|özür dilerim|bilmiyorum|ne yazık ki|kusura bakma|yardımcı olamam
        bu konuda (?:\w+ )?(?:yardımcı|bilgi)
    """,
    "ru": r"""
        извини|прости(?:те)?\b|прошу прощения|к сожалению,? (?:я )?не|сожалею|мне жаль
        я не (?:могу|знаю|в состоянии|имею)|не (?:могу|знаю)|увы,? (?:я )?не
    """,
    "uk": r"""
        вибач|перепрошую|на жаль,? (?:я )?не|мені шкода|я не (?:можу|знаю)|не (?:можу|знаю)
    """,
    "bg": r"""
        съжалявам|за съжаление,? (?:аз )?не|не мога|не знам|жао ми је|нажалост,? не|žao mi je|nažalost,? ne|ne mogu
        ne znam
    """,
    "el": r"""
        λυπάμαι|λυπούμαι|συγγνώμη|δυστυχώσ,? δεν|δεν (?:μπορώ|γνωρίζω|ξέρω)
    """,
    "ar": r"""
        عذر|آسف|اسف|أعتذر|اعتذر|(?:للأسف|مع الأسف)،? (?:لا|لم|ليس)|لا (?:أستطيع|استطيع|يمكنني|أعرف|اعرف|أعلم)|المعذرة
        لست قادر
    """,
    "he": r"""
        מצטער|אני מצטער|סליחה|לצערי|אני לא (?:יכול|יודע)|איני (?:יכול|יודע)|אין באפשרותי
    """,
    "fa": r"""
        متاسفم|متأسفم|متاسفانه نمی|متأسفانه نمی|ببخشید|معذرت|نمی ?توانم|نمی ?دانم|با عرض پوزش
    """,
    "hi": r"""
        क्षमा|माफ़|माफ|मुझे (?:खेद|अफ़सोस|अफसोस|नहीं पता)|खेद|मैं (?:\S+ ){0,5}नहीं
    """,
    "bn": r"""
        দুঃখিত|আমি দুঃখিত|ক্ষমা কর|আমি (?:\S+ ){0,5}(?:পারি|পারব|জানি) না
    """,
    "id": r"""
        maaf|mohon maaf|saya (?:minta maaf|mohon maaf|tidak (?:bisa|dapat|tahu|mampu))|aku tidak (?:bisa|tahu)
        sayangnya,? (?:saya )?tidak
    """,
    "vi": r"""
        xin lỗi|rất tiếc|tôi (?:rất )?(?:xin lỗi|tiếc|không thể|không biết)|thành thật xin lỗi
    """,
    "th": r"""
        ขอโทษ|ขออภัย|เสียใจ|(?:ฉัน|ผม|ดิฉัน)ไม่(?:สามารถ|ทราบ|รู้)|ไม่สามารถ|น่าเสียดาย
    """,
    "zh": r"""
        对不起|對不起|抱歉|(?:很|非常|十分)(?:抱歉|遗憾|遺憾)|不好意思|我(?:无法|無法|不能|不会|不會|不知道|没有办法|不清楚)|无法|無法
        (?:作为|作為)[^。，]{0,20}[，,]? ?我(?:无法|無法|不能)|恕我
    """,
    "ja": r"""
        申し訳|すみません|すいません|ごめん|恐れ入りますが|お(?:答え|手伝い|応え)(?:できません|できかね|することは)|わかりません|分かりません|(?:その|この)(?:ご)?(?:質問|要望|依頼)には
    """,
    "ko": r"""
        죄송|미안|유감|도와드릴 수 없|답변(?:할|드릴) 수 없|모르겠|(?:저는|제가) (?:\S+ ){0,5}(?:수 없|못)
    """,
}
# for texts folded in case; a short answer that begins so rarely helps in the rest
ELSEWHERE = re.compile("|".join(line.strip() for lines in _BEGINNINGS.values() for line in lines.strip().splitlines()))
