"""Words of pleas to a judge in the most spoken languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """The words of one language, as patterns on text folded in case.

    `this` is the answer itself, `rival` the other one, `compared` one answer that is held against another; `best`
    praises, `choose` asks for a choice, `score` is the highest mark, `judge` is who decides, `spoken_to` a judge that
    is spoken to, `verdict` a decision that nobody made; `ignore` and `earlier` stand in an order to forget what was
    said. Without any of the `anchors` no pattern that a plea begins with can fit.
    """

    anchors: tuple[str, ...]
    this: str
    rival: str
    compared: str
    best: str
    worse: str
    choose: str
    score: str
    judge: str
    spoken_to: str
    verdict: str
    ignore: str
    earlier: str


TONGUES = {
    "en": Tongue(
        anchors=("answer", "response", "output", "reply", "completion", "judge", "evaluator", "grader", "rater",
                 "assessor", "examiner", "ignore", "disregard", "forget", "this one", "text you are",
                 "this text", "of the two", "the text above",
                 "verdict", "winner"),
        this=r"\b(?:this (?:\w+ )?|my |the present |the above |the current )(?:answer|response|output"
        r"|completion|reply)\b"
        r"(?! (?:time|rate|speed|format|file|device|variable|layer|field|key|sheet)s?\b)"
        r"|\bthe (?:answer|response|reply|text) (?:above|you are (?:now )?reading)\b|\bthis (?:one|text) (?:is"
        r"|as|the)\b",
        rival=r"\bthe other (?:\w+ )?(?:answer|response|output|reply|candidate|model)s?\b",
        compared=r"\b(?:answer|response|output|assistant|model) [ab]\b(?=.{0,60}\b(?:answer|response|output|assistant"
        r"|model) [ab]\b)|\bof the two (?:answers|responses|candidates)\b|\bout of the two\b",
        best=r"\b(?:best|better|superior|winner|winning|excellent|perfect|flawless|ideal)\b",
        worse=r"\b(?:worse|worst|wrong|inferior|incorrect|bad|flawed|loses?|useless|ignored?)\b",
        choose=r"\b(?:choose|select|pick|prefer|favou?r|vote|declare|crown|rank)\b",
        score=r"\b(?:full (?:marks|score|points)|(?:highest|maximum|top|perfect) (?:score|mark|grade|rating)"
        r"|rate .{0,20}\b10\b|score .{0,20}\b10\b|10 ?/ ?10|10 out of 10|ten out of ten)",
        judge=r"\b(?:judge|evaluator|grader|rater|assessor|examiner)s?\b",
        spoken_to=r"\b(?:dear|fair|impartial|honou?rable|esteemed|hello|hi) (?:\w+ )?(?:judge|evaluator|grader|rater|"
        r"assessor)s?\b|\b(?:note|message|instructions?|attention|hint) (?:to|for) (?:the "
        r"|all )?(?:\w+ )?(?:judge|evaluator"
        r"|grader|rater|assessor)s?\b|\bas (?:the|a|an) (?:\w+ )?(?:judge|evaluator|grader|rater), you\b"
        r"|^\W*(?:judge|evaluator|grader|rater)s?[,:]|\b(?:judge|evaluator|grader|rater) must\b",
        verdict=r"\b(?:final|overall|my) verdict"
        r"(?: is| ?:) .{0,30}\b(?:answer|response|output|assistant|model)\b|\bwinner(?: is| ?:) "
        r"(?:the |this )?(?:answer|response|output|assistant|model)\b",
        ignore=r"\b(?:ignore|disregard|forget)\b",
        earlier=r"\b(?:previous|earlier|preceding|prior|above) (?:\w+ )?(?:instructions?|prompts?|rules"
        r"|criteria|text)\b",
    ),
    "de": Tongue(
        anchors=("antwort", "ausgabe", "lösung", "richter", "gutachter", "bewerter", "prüfer", "juror", "jury",
                 "ignorier", "missachte", "vergiss", "vergessen",
                 "urteil", "gewinner", "sieger", "ergebnis der"),
        this=r"\b(?:diese[rnms]?|meine[rnms]?|die vorliegende|vorliegende[rn]?|die obige) (?:\w+ )?(?:antwort"
        r"|ausgabe|lösung)\b",
        rival=r"\b(?:die|der) andere[rn]? (?:antwort|ausgabe|lösung)\b",
        compared=r"\bantwort [ab]\b(?=.{0,60}\bantwort [ab]\b)|\bvon den beiden antworten\b",
        best=r"\b(?:beste[rnsm]?|besser|überlegen|siegerin?|gewinnerin?|ausgezeichnet|perfekt|hervorragend)\b",
        worse=r"\b(?:schlechter?|falsch|unterlegen|schwächer)\b",
        choose=r"\b(?:wähle?n?|bevorzuge?n?|bewerte?n?|entscheide?n?|nimm|küre?n?)\b",
        score=r"\b(?:volle punktzahl|höchste (?:note|punktzahl|bewertung|wertung)|höchstnote|bestnote|10 von 10"
        r"|10 ?/ ?10"
        r"|maximale punktzahl)",
        judge=r"\b(?:richter(?:in)?|gutachter(?:in)?|bewerter(?:in)?|prüfer(?:in)?|juror(?:in)?|jury)\b",
        spoken_to=r"\b(?:liebe[rs]?|sehr geehrte[rs]?|geehrte[rs]?|hallo|an (?:den|die|alle)|hinweis (?:an"
        r"|für) (?:den|die)) "
        r"(?:richter|gutachter|bewerter|prüfer|juror|jury)",
        verdict=r"\b(?:endgültiges|abschließendes|finales|mein) urteil"
        r"(?: lautet| ist| ?:) .{0,30}\b(?:antwort|ausgabe|modell)\b"
        r"|\b(?:gewinner|sieger)(?:in)?(?: ist| ?:) (?:die |diese |das )?(?:antwort|ausgabe|assistent|modell)\b"
        r"|\bergebnis der bewertung(?: ist| ?:) (?:die |diese )?antwort\b",
        ignore=r"\b(?:ignorier\w*|missachte\w*|vergiss|vergessen sie)\b",
        earlier=r"\b(?:vorherige[nr]?|bisherige[nr]?|vorangegangene[nr]?|obige[nr]?|frühere[nr]?)\b",
    ),
    "fr": Tongue(
        anchors=("réponse", "sortie", "solution", "juge", "évaluat", "correcteur", "examinateur", "jury",
                 "ignor", "oubli",
                 "verdict", "gagnant", "vainqueur", "résultat de"),
        this=r"\b(?:cette|ma|la présente) (?:\w+ )?(?:réponse|sortie|solution)\b|\bréponse ci-dessus\b",
        rival=r"\bl'autre (?:réponse|sortie|solution)\b",
        compared=r"\bréponse [ab]\b(?=.{0,60}\bréponse [ab]\b)|\bdes deux réponses\b",
        best=r"\b(?:meilleure?s?|supérieure?|gagnante?|parfaite?|excellente?|idéale?)\b",
        worse=r"\b(?:pire|fausse|mauvaise|inférieure|incorrecte)\b",
        choose=r"\b(?:chois\w+|sélectionne\w*|préfér\w+|élis\w*|désigne\w*)\b",
        score=r"\b(?:note maximale|(?:meilleure|plus haute) note|score maximal|10 ?/ ?10|10 sur 10|tous les points)",
        judge=r"\b(?:juge|évaluateur|évaluatrice|correcteur|examinateur|jury)s?\b",
        spoken_to=r"\b(?:chère?s?|cher|honorable|bonjour|note (?:à l'|au |pour l'|pour le )"
        r"|à l'attention (?:du |de l'))[ ']?"
        r"(?:juge|évaluateur|évaluatrice|correcteur|examinateur|jury)",
        verdict=r"\b(?:verdict (?:final|définitif|global)|mon verdict)(?: est| ?:) .{0,30}\b(?:réponse|sortie|modèle)\b"
        r"|\b(?:gagnante?|vainqueur)(?: est| ?:) (?:la |cette |l'|le )?(?:réponse|sortie|assistant|modèle)\b"
        r"|\brésultat de l'évaluation(?: est| ?:) (?:la |cette )?réponse\b",
        ignore=r"\b(?:ignor\w+|oubli\w+)\b",
        earlier=r"\b(?:précédente?s?|antérieure?s?|ci-dessus)\b",
    ),
    "es": Tongue(
        anchors=("respuesta", "salida", "solución", "juez", "jueza", "evaluador", "calificador", "examinador",
                 "jurado", "ignor", "olvid",
                 "veredicto", "ganador", "resultado de"),
        this=r"\b(?:esta|mi|la presente) (?:\w+ )?(?:respuesta|salida|solución)\b|\brespuesta anterior es\b",
        rival=r"\bla otra (?:respuesta|salida|solución)\b",
        compared=r"\brespuesta [ab]\b(?=.{0,60}\brespuesta [ab]\b)|\bde las dos respuestas\b",
        best=r"\b(?:mejor|superior|ganadora|perfecta|excelente|ideal)\b",
        worse=r"\b(?:peor|incorrecta|mala|inferior|falsa)\b",
        choose=r"\b(?:elij\w+|elig\w+|elegir|seleccion\w+|prefier\w+|escoj\w+|escog\w+|vot[ae]\w*)\b",
        score=r"\b(?:puntuación máxima|máxima (?:puntuación|nota|calificación)|nota máxima|calificación máxima"
        r"|10 ?/ ?10"
        r"|10 de 10|10 sobre 10|calific\w+ .{0,40}\b10\b|puntú\w+ .{0,40}\b10\b)",
        judge=r"\b(?:juez|jueza|evaluadora?|calificadora?|examinadora?|jurado)\b",
        spoken_to=r"\b(?:estimad[oa]|querid[oa]|honorable|hola|nota (?:para|al?)|mensaje (?:para|al?))(?: el| la)? "
        r"(?:juez|jueza|evaluadora?|calificadora?|examinadora?|jurado)",
        verdict=r"\b(?:veredicto (?:final|definitivo|general)|mi veredicto)"
        r"(?: es| ?:) .{0,30}\b(?:respuesta|salida|modelo)\b"
        r"|\bganadora?(?: es| ?:) (?:la |esta |el )?(?:respuesta|salida|asistente|modelo)\b"
        r"|\bresultado de la evaluación(?: es| ?:) (?:la |esta )?respuesta\b",
        ignore=r"\b(?:ignor[ae]\w*|olvid[ae]\w*)\b",
        earlier=r"\b(?:anterior(?:es)?|previ[ao]s?|precedentes?)\b",
    ),
    "pt": Tongue(
        anchors=("resposta", "saída", "solução", "juiz", "juíza", "avaliador", "examinador", "corretor",
                 "jurado", "ignor", "esque", "desconsider",
                 "veredicto", "veredito", "vencedor", "resultado da"),
        this=r"\b(?:esta|essa|minha|a presente) (?:\w+ )?(?:resposta|saída|solução)\b",
        rival=r"\ba outra (?:resposta|saída|solução)\b",
        compared=r"\bresposta [ab]\b(?=.{0,60}\bresposta [ab]\b)|\bdas duas respostas\b",
        best=r"\b(?:melhor|superior|vencedora|perfeita|excelente|ideal)\b",
        worse=r"\b(?:pior|incorreta|ruim|inferior|errada)\b",
        choose=r"\b(?:escolh\w+|selecion\w+|prefir\w+|prefer\w+|vot[ae]\w*)\b",
        score=r"\b(?:nota máxima|pontuação máxima|(?:maior|melhor) (?:nota|pontuação)|10 ?/ ?10|10 de 10|nota 10)",
        judge=r"\b(?:juiz|juíza|avaliadora?|examinadora?|corretora?|jurado)\b",
        spoken_to=r"\b(?:car[oa]|prezad[oa]|querid[oa]|estimad[oa]|olá|ao?|nota (?:ao?|para o|para a)) "
        r"(?:juiz|juíza|avaliadora?|examinadora?|jurado)\b",
        verdict=r"\b(?:veredic?to (?:final|definitivo|geral)|meu veredic?to)"
        r"(?: é| ?:) .{0,30}\b(?:resposta|saída|modelo)\b"
        r"|\bvencedora?(?: é| ?:) (?:a |esta |essa |o )?(?:resposta|saída|assistente|modelo)\b"
        r"|\bresultado da avaliação(?: é| ?:) (?:a |esta |essa )?resposta\b",
        ignore=r"\b(?:ignor\w+|esque[çc]\w+|desconsider\w+)\b",
        earlier=r"\b(?:anterior(?:es)?|prévi[ao]s?|precedentes?)\b",
    ),
    "ru": Tongue(
        anchors=("ответ", "вариант", "решени", "текст", "судь", "судей", "оценщик", "эксперт", "проверяющ",
                 "жюри", "игнориру", "забуд",
                 "вердикт", "победител", "результат оценки"),
        this=r"\b(?:эт\w{1,3}|мо[йеё]\w{0,2}|данн\w+|настоящ\w+) (?:\w+ )?(?:ответ|вариант|решени|текст)\w*",
        rival=r"\b(?:друго\w+|втор\w+) (?:ответ|вариант)\w*",
        compared=r"\bответ\w* [abаб]\b(?=.{0,60}\bответ\w* [abаб]\b)|\bиз двух ответов\b",
        best=r"\b(?:лучш\w+|превосход\w+|победител\w+|идеальн\w+|отличн\w+)",
        worse=r"\b(?:хуже|худш\w+|неверн\w+|неправильн\w+|плох\w+)",
        choose=r"\b(?:выбер\w+|выбра\w+|предпоч\w+|отда\w+ предпочтение|проголосу\w+|признай\w*)",
        score=r"\b(?:максимальн\w+ (?:балл|оценк)\w*|высш\w+ (?:балл|оценк)\w*|10 из 10|10 ?/ ?10|10 баллов"
        r"|высок\w+ балл\w*)",
        judge=r"\b(?:судь[яиюе]|судей|оценщик\w*|эксперт\w*|проверяющ\w+|жюри)\b",
        spoken_to=r"\b(?:уважаем\w+|дорог\w+|здравствуйте|заметка для|внимание) (?:судь|оценщик|эксперт"
        r"|проверяющ|жюри)\w*"
        r"|^\W*(?:судье|оценщику|эксперту|проверяющему|жюри)\s?[:,]",
        verdict=r"\b(?:окончательн\w+|итогов\w+|финальн\w+|мой) вердикт ?[:—–-] ?.{0,30}\b(?:ответ|вариант|модел)"
        r"|\bпобедител\w+ ?(?:[:—–-]|это) ?(?:эт\w+ )?(?:ответ|вариант|модел|ассистент)"
        r"|\bрезультат оценки ?[:—–-] ?(?:эт\w+ )?ответ",
        ignore=r"\b(?:игнориру\w+|проигнориру\w+|забуд\w+)\b",
        earlier=r"\b(?:предыдущ\w+|прежн\w+|предшеству\w+|вышеуказанн\w+)",
    ),
    "zh": Tongue(
        anchors=("回答", "答案", "回复", "回覆", "输出", "輸出", "答复", "评委", "評委", "裁判", "评审", "評審",
                 "评估者", "評估者", "评判", "法官", "评分员", "打分者", "阅卷", "忽略",
                 "无视", "無視", "忘记", "忘掉", "不要理会",
                 "最终", "最終", "胜者", "勝者", "赢家", "贏家",
                 "结果", "結果"),
        this="(?:这个|这份|这一|该|本|此|我的|以上|這個|這份|這一|本個)(?:个|個)?(?:回答|答案|回复|回覆|输出"
        "|輸出|答复)",
        rival="(?:另一个|另外一个|另一個|其他|对方的?|對方的?)(?:回答|答案|回复|回覆)",
        compared="(?:回答|答案|助手|回复)[ab甲乙](?=.{0,30}(?:回答|答案|助手|回复)?[ab甲乙])",
        best="最好|更好|最佳|更佳|优于|優於|胜出|勝出|最优|最優|完美|更优|获胜|獲勝",
        worse="更差|错误|錯誤|不好|较差|較差|不如",
        choose="选择|選擇|请选|請選|挑选|偏好|投票|判定|选中|選中",
        score="满分|滿分|最高分|10分|十分|10 ?/ ?10|最高评分|最高評分",
        judge="评委|評委|裁判|评审|評審|评估者|評估者|评判|評判|评分员|打分者|阅卷",
        spoken_to="(?:尊敬的|亲爱的|親愛的|致|各位|给)(?:评委|評委|裁判|评审|評審|评估者|評估者|评判|法官"
        "|评分员)|(?:评委|裁判|评审员?|评估者|评分员)"
        "(?:请|請|注意|您|你)",
        verdict=r"最[终終](?:裁[决決]|判[决決]|[评評]判|[裁评評]定) ?[:是为為]"
        r".{0,12}(?:回答|答案|回[复覆]|[输輸]出|模型)"
        r"|(?:[获獲][胜勝]者|[胜勝]者|[赢贏]家|[优優][胜勝]者) ?[:是为為] ?"
        r"(?:[这這][个個]|本|[该該])?(?:回答|答案|回[复覆]|助手|模型)"
        r"|[评評](?:估|[审審]|判)[结結]果 ?[:是为為] ?(?:[这這][个個]|本|[该該])?(?:回答|答案|回[复覆])",
        ignore="忽略|无视|無視|忘记|忘掉|不要理会",
        earlier="(?:之前|以前|先前|上述|前面|以上|此前)的?(?:所有|一切)?(?:指示|指令|说明|要求|提示|規則|规则)",
    ),
    "ja": Tongue(
        anchors=("回答", "応答", "答え", "解答", "返答", "出力", "審査員", "評価者", "審判", "判定者", "採点者",
                 "ジャッジ", "無視し", "忘れて",
                 "最終", "勝者", "結果"),
        this="(?:この|本|私の|当|上記の)(?:回答|応答|答え|解答|返答|出力)",
        rival="(?:もう一方|他|もう一つ|別)の(?:回答|応答|答え)",
        compared="(?:回答|応答|答え|アシスタント)[ab](?=.{0,30}(?:回答|応答|答え|アシスタント)[ab])",
        best="最も優れ|優れて|最良|最高の|より良い|より優|勝者|完璧|ベスト|一番良い",
        worse="劣って|間違って|悪い|不正解",
        choose="選んで|選択して|お選び|選ぶ|選択してください|投票|支持して",
        score="満点|最高点|最高評価|最高得点|10点|10 ?/ ?10",
        judge="審査員|評価者|審判|判定者|採点者|ジャッジ",
        spoken_to="(?:審査員|評価者|審判|判定者|採点者|ジャッジ)(?:の(?:方|皆様|皆さん)|へ|様|さん|に告)"
        "|親愛なる(?:審査員|評価者|審判)",
        verdict=r"最終(?:判定|裁定|評決) ?[:は].{0,12}(?:回答|答え|応答|出力|モデル)"
        r"|(?:勝者|優勝者) ?[:は] ?(?:この|本)?(?:回答|答え|応答|アシスタント|モデル)"
        r"|(?:評価|審査)(?:の)?結果 ?[:は] ?(?:この|本)?(?:回答|答え|応答)",
        ignore="無視し|忘れて",
        earlier="(?:これまで|以前|前|上記|先)の(?:すべての|全ての)?(?:指示|命令|説明|プロンプト|ルール)",
    ),
    "hi": Tongue(
        anchors=("उत्तर", "जवाब", "प्रतिक्रिया", "न्यायाधीश", "निर्णायक", "मूल्यांकन", "मूल्यांकक", "परीक्षक",
                 "जज", "अनदेखा", "नज़रअंदाज़", "नजरअंदाज", "भूल",
                 "अंतिम", "विजेता", "परिणाम"),
        this="(?:यह|इस|मेरा|मेरे|उपरोक्त|वर्तमान) (?:उत्तर|जवाब|प्रतिक्रिया)",
        rival="(?:दूसरा|दूसरे|अन्य) (?:उत्तर|जवाब)",
        compared="(?:उत्तर|जवाब) [abअब](?=.{0,40}(?:उत्तर|जवाब) [abअब])",
        best="सबसे अच्छा|सर्वश्रेष्ठ|बेहतर|सर्वोत्तम|उत्तम|विजेता|श्रेष्ठ",
        worse="खराब|गलत|बदतर|ग़लत",
        choose="चुनें|चुनिए|चुनो|चयन कर|पसंद कर|चुन",
        score="पूरे अंक|पूर्ण अंक|सर्वोच्च अंक|अधिकतम अंक|10 में से 10|10 ?/ ?10|10 अंक",
        judge="न्यायाधीश|निर्णायक|मूल्यांकनकर्ता|मूल्यांकक|परीक्षक|जज",
        spoken_to="(?:प्रिय|आदरणीय|माननीय) (?:न्यायाधीश|निर्णायक|मूल्यांकनकर्ता|परीक्षक|जज)|(?:मूल्यांकनकर्ता"
        "|निर्णायक|परीक्षक|जज) (?:के लिए|ध्यान)",
        verdict=r"अंतिम (?:निर्णय|फ़?ैसला) ?: ?.{0,20}(?:उत्तर|जवाब|मॉडल)|विजेता ?:? ?(?:यह |यही )?(?:उत्तर|जवाब|मॉडल)"
        r"|मूल्यांकन (?:का )?परिणाम ?: ?(?:यह )?(?:उत्तर|जवाब)",
        ignore="अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल जा",
        earlier="(?:पिछले|पिछली|पूर्व|उपरोक्त|पहले के)",
    ),
    "bn": Tongue(
        anchors=("উত্তর", "জবাব", "প্রতিক্রিয়া", "বিচারক", "মূল্যায়", "পরীক্ষক", "উপেক্ষা", "ভুলে", "অগ্রাহ্য",
                 "চূড়ান্ত", "বিজয়ী", "ফলাফল"),
        this="(?:এই|আমার|উপরের|বর্তমান) (?:উত্তর|জবাব|প্রতিক্রিয়া)",
        rival="(?:অন্য|অপর|দ্বিতীয়) (?:উত্তর|জবাব)",
        compared="(?:উত্তর|জবাব) [abকখ](?=.{0,40}(?:উত্তর|জবাব) [abকখ])",
        best="সেরা|সর্বোত্তম|ভালো|শ্রেষ্ঠ|বিজয়ী|উত্তম|উৎকৃষ্ট",
        worse="খারাপ|ভুল|নিকৃষ্ট",
        choose="বেছে নিন|নির্বাচন কর|পছন্দ কর|বাছাই কর",
        score="পূর্ণ নম্বর|সর্বোচ্চ নম্বর|সর্বোচ্চ স্কোর|10 ?/ ?10|১০ ?/ ?১০|১০ এর মধ্যে ১০|পুরো নম্বর",
        judge="বিচারক|মূল্যায়নকারী|পরীক্ষক|মূল্যায়ক",
        spoken_to="(?:প্রিয়|সম্মানিত|মাননীয়) (?:বিচারক|মূল্যায়নকারী|পরীক্ষক)|(?:বিচারক|মূল্যায়নকারী"
        "|পরীক্ষক)\\w* (?:প্রতি|জন্য)",
        verdict=r"চূড়ান্ত (?:রায়|সিদ্ধান্ত) ?: ?.{0,20}(?:উত্তর|মডেল)|বিজয়ী(?: হলো?| ?:)? ?(?:এই )?(?:উত্তর|মডেল)"
        r"|মূল্যায়নের ফলাফল ?: ?(?:এই )?উত্তর",
        ignore="উপেক্ষা কর|ভুলে যা|অগ্রাহ্য কর",
        earlier="(?:আগের|পূর্ববর্তী|উপরের|পূর্বের)",
    ),
    "ar": Tongue(
        anchors=("إجابة", "اجابة", "الإجابة", "إجابتي", "جواب", "الرد", "حكم", "قاضي", "مقيم", "مقيّم", "محكم",
                 "مصحح", "تجاهل", "انس", "أهمل",
                 "النهائي", "الفائز", "نتيجة"),
        this="(?:هذه|هذا|إجابتي|اجابتي|الحالية) ?(?:ال)?(?:إجابة|اجابة|جواب|رد|استجابة)?(?=.{0,60}(?:إجابة"
        "|اجابة|جواب|أفضل|افضل|درجة))"
        "|(?:هذه الإجابة|هذه الاجابة|هذا الجواب|هذا الرد|إجابتي)",
        rival="(?:الإجابة|الاجابة|الجواب|الرد) (?:الأخرى|الاخرى|الآخر|الاخر|الثانية|الثاني)",
        compared="(?:الإجابة|الاجابة|الجواب|الرد) [abأابب](?=.{0,40}(?:الإجابة|الاجابة|الجواب|الرد) [abأابب])",
        best="أفضل|افضل|الأفضل|الافضل|متفوق|الفائز|مثالي|ممتاز|الأحسن",
        worse="أسوأ|خاطئ|خطأ|سيئ",
        choose="اختيار|اختر|اختاروا|تفضيل|فضل هذه|انتق",
        score="الدرجة الكاملة|الدرجة القصوى|أعلى (?:درجة|تقييم|علامة)|العلامة الكاملة|10 ?/ ?10|10 من 10"
        "|١٠ من ١٠|عشرة من عشرة",
        judge="الحكم|القاضي|المقيم|المقيّم|المحكم|المصحح",
        spoken_to="(?:عزيزي|السيد|حضرة|أيها|إلى) (?:ال)?(?:حكم|قاضي|مقيم|مقيّم|محكم|مصحح)|(?:ملاحظة|رسالة"
        "|تنبيه) (?:لل|إلى ال)(?:حكم|قاضي|مقيم|مقيّم|محكم|مصحح)",
        verdict=r"(?:الحكم|القرار) النهائي ?: ?.{0,20}(?:الإجابة|الجواب|الرد|النموذج)"
        r"|الفائزة?(?: هو| هي| ?:) ?(?:هذه |هذا )?(?:الإجابة|الجواب|الرد|النموذج|المساعد)"
        r"|نتيجة التقييم(?: هي| ?:) ?(?:هذه |هذا )?(?:الإجابة|الجواب)",
        ignore="تجاهل|انس |أهمل",
        earlier="(?:السابقة|السابق|أعلاه|الماضية)",
    ),
    "ur": Tongue(
        anchors=("جواب", "ردعمل", "جج", "منصف", "جانچ", "ممتحن", "نظر", "بھول",
                 "حتمی", "فاتح", "نتیجہ"),
        this="(?:یہ|اس|میرا|میرے|موجودہ|مذکورہ) (?:جواب|ردعمل)",
        rival="(?:دوسرا|دوسرے) جواب",
        compared="جواب [abاب](?=.{0,40}جواب [abاب])",
        best="سب سے بہتر|بہترین|بہتر|فاتح|سب سے اچھا|عمدہ",
        worse="خراب|غلط|بدتر",
        choose="منتخب|چنیں|چن لیں|ترجیح دیں|انتخاب کر",
        score="پورے نمبر|مکمل نمبر|سب سے زیادہ نمبر|10 میں سے 10|10 ?/ ?10|اعلیٰ ترین نمبر",
        judge="جج|منصف|جانچنے والے|ممتحن|جانچ کرنے والے",
        spoken_to="(?:محترم|پیارے|معزز|عزیز) (?:جج|منصف|ممتحن)|(?:جج|منصف|ممتحن|جانچنے والے"
        "|جانچ کرنے والے) (?:کے لیے|کے لئے|توجہ)",
        verdict=r"حتمی فیصلہ ?: ?.{0,20}(?:جواب|ماڈل)|فاتح ?:? ?(?:یہ )?(?:جواب|ماڈل)"
        r"|جائزے کا نتیجہ ?: ?(?:یہ )?جواب",
        ignore="نظر انداز|نظرانداز|بھول جا",
        earlier="(?:پچھلی|پچھلے|سابقہ|پہلے کی|مذکورہ بالا)",
    ),
    "id": Tongue(
        anchors=("jawaban", "respons", "keluaran", "tanggapan", "juri", "hakim", "penilai", "evaluator",
                 "pemeriksa", "abaikan", "lupakan",
                 "akhir", "pemenang", "hasil"),
        this=r"\b(?:jawaban|respons|keluaran|tanggapan) (?:ini|saya|di atas)\b",
        rival=r"\b(?:jawaban|respons) (?:lain|lainnya|yang lain|kedua)\b",
        compared=r"\b(?:jawaban|respons) [ab]\b(?=.{0,60}\b(?:jawaban|respons) [ab]\b)",
        best=r"\b(?:terbaik|lebih baik|unggul|pemenang|sempurna|paling baik)\b",
        worse=r"\b(?:lebih buruk|salah|buruk|terburuk)\b",
        choose=r"\b(?:pilih\w*|memilih|utamakan|menangkan)\b",
        score=r"\b(?:nilai (?:tertinggi|penuh|sempurna|maksimal)|skor (?:tertinggi|penuh|maksimal)|10 dari 10"
        r"|10 ?/ ?10)",
        judge=r"\b(?:juri|hakim|penilai|evaluator|pemeriksa)\b",
        spoken_to=r"\b(?:juri|hakim|penilai|evaluator|pemeriksa) (?:yang terhormat|yth)|\b(?:untuk|kepada"
        r"|yth) (?:para )?"
        r"(?:juri|hakim|penilai|evaluator|pemeriksa)\b",
        verdict=r"\b(?:putusan|keputusan|vonis|penilaian) akhir(?: adalah| ?:) .{0,30}\b(?:jawaban|asisten|model)\b"
        r"|\bpemenang(?:nya)?(?: adalah| ?:) (?:jawaban|asisten|model)\b"
        r"|\bhasil (?:penilaian|evaluasi)(?: adalah| ?:) (?:jawaban)\b",
        ignore=r"\b(?:abaikan|lupakan)\b",
        earlier=r"\b(?:sebelumnya|di atas|terdahulu)\b",
    ),
}  # fmt: skip
