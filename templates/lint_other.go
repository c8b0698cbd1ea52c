package templates

import "regexp"

// The rules of the other languages are fewer: the same four phrases, the
// usual closed questions, and what a voicemail asks for.

func german() *ruleSet {
	const reason = "Beginnen Sie mit dem Nutzen: „Der Grund meines Anrufs: Sie können …“"
	return &ruleSet{
		phrases: []phrase{
			{rule: "checking-in", severity: SeverityError, message: "der Satz nennt keinen Nutzen für den Kunden", suggestion: reason,
				match: words(`(?:wollte|möchte|wollten|möchten|will) (?:mich |uns )?(?:nur |bloß |einfach )?(?:ein)?(?:mal |kurz |wieder |noch )*(?:nachfragen|nachhaken|nachhören|melden|hören|mich melden|in erinnerung (?:rufen|bringen))|(?:nur|bloß) (?:mal )?(?:kurz )?(?:nachfragen|nachhaken|nachhören)|ich (?:frage|hake|höre) (?:nur |bloß )?(?:mal )?(?:kurz )?nach`)},
			{rule: "touching-base", severity: SeverityError, message: "der Satz sagt, dass es keinen Grund zum Reden gibt", suggestion: reason,
				match: words(`(?:nur |bloß )?(?:mal )?(?:wieder )?(?:kurz )?(?:in kontakt (?:bleiben|treten)|kontakt (?:zu )?halten|den kontakt (?:zu )?pflegen|von mir hören lassen)`)},
			{rule: "courtesy-call", severity: SeverityError, message: "einen Höflichkeitsanruf kann der Kunde nicht gebrauchen", suggestion: reason,
				match: words(`höflichkeits(?:anrufe?s?|besuche?s?|telefonate?s?)|aus (?:reiner )?höflichkeit (?:an|melde)`)},
			{rule: "anything-needed", severity: SeverityError, message: "der Kunde soll den Grund des Anrufs selbst finden", suggestion: "Bringen Sie es mit: „Sie sagten, … stehe im Weg; das würde helfen: …“",
				match: words(`\bob sie(?: \w+){0,3}? (?:etwas|was|irgendetwas|irgendwas|hilfe|unterstützung)(?: \w+){0,2}? (?:brauchen|bräuchten|brauchten|benötigen|benötigten|wünschen)|\bfalls sie(?: \w+){0,2}? (?:etwas|was|irgendetwas|irgendwas)(?: \w+)? (?:brauchen|bräuchten|benötigen)`)},
		},
		openers: words(`^[\s*_\x1a\x1b"„(]*(?:(?:und|also|aber|oder|nun)[,\s]+)*(?:was|wie|welche[rsmn]?|wer|wem|wen|wann|wo|wohin|woher|warum|weshalb|wieso|wozu|wofür|womit|woran|wie ?viele?)\b`),
		questions: []question{
			{match: words(`^[\s*_\x1a\x1b"„(]*(?:(?:und|also|aber|oder|nun|guten tag|hallo)[,\s]+)*(?:haben|hätten|hatten|sind|waren|wären|können|könnten|würden|werden|wollen|möchten|dürfen|sollen|brauchen|kennen|nutzen|finden|passt|ist|war|wäre|hat|hätte|kann|könnte|darf|dürfte|gibt|soll|will|geht|stimmt|interessiert)(?: |\?)`), suggestion: "Fragen Sie offen: Was …? Wie …? Welche …?"},
		},
		weStarts: words(`^[\s*_\x1a\x1b"„]*(?:(?:dass|weil) )?(?:wir|unser(?:e[rmns]?)?|uns|ich|mein(?:e[rmns]?)?)\b`),
		youStart: "Beginnen Sie mit Sie oder Ihr: „Sie schließen den Monat zwei Tage früher ab“.",
		callBack: words(`rufen sie (?:mich|uns|bitte|\x1b|zurück|unter)|(?:bitte )?(?:um (?:ihren )?rückruf)|zurückrufen|rückruf|erreichen sie (?:mich|uns)`),
		ourCall:  words(`(?:ich|wir)(?: \w+){0,2} $`),
		requests: []*regexp.Regexp{words(`schreiben sie|schicken sie|senden sie|antworten sie|besuchen sie|klicken sie|buchen sie|melden sie sich|lesen sie|schauen sie|sehen sie sich|geben sie mir bescheid`)},
	}
}

func french() *ruleSet {
	const reason = "Commencez par ce qu'il y gagne : « La raison de mon appel : vous pouvez … »"
	return &ruleSet{
		phrases: []phrase{
			{rule: "checking-in", severity: SeverityError, message: "la phrase n'apporte rien au client", suggestion: reason,
				match: words(`(?:prendre|prends|prenais|avoir|venir aux|viens aux) (?:de vos )?nouvelles|(?:voulais|voudrais|souhaitais|tenais à|venais) (?:juste |simplement |seulement )?(?:savoir|voir) (?:où vous en (?:êtes|étiez)|comment (?:ça|cela) (?:va|allait|se passe))|(?:juste|simplement) (?:faire|pour faire) (?:un|le) (?:petit )?(?:point|suivi)`)},
			{rule: "touching-base", severity: SeverityError, message: "la phrase dit qu'il n'y a aucune raison de parler", suggestion: reason,
				match: words(`(?:garder|rester en|reprendre|maintenir le|garder le) contact (?:avec vous|simplement|juste)|(?:juste|simplement) (?:garder|reprendre|rester en) (?:le )?contact`)},
			{rule: "courtesy-call", severity: SeverityError, message: "le client n'a que faire d'un appel de courtoisie", suggestion: reason,
				match: words(`(?:appels?|visites?|coups? de (?:fil|téléphone)|messages?) de (?:simple )?(?:courtoisie|politesse)|(?:appelle|appelais|appelons) par (?:simple )?(?:courtoisie|politesse)`)},
			{rule: "anything-needed", severity: SeverityError, message: "c'est au client de trouver la raison de l'appel", suggestion: "Apportez-le : « Vous disiez que … vous gênait ; voici ce qui aiderait : … »",
				match: words(`s'?(?:i|il) vous (?:aviez|avez|auriez|n'(?:aviez|avez|auriez) pas)(?: \w+)? besoin (?:de quelque chose|de quoi que ce soit|d'aide|d'autre chose|de rien)|au cas où vous (?:auriez|aviez)(?: \w+)? besoin`)},
		},
		openers: words(`^[\s*_\x1a\x1b"«(]*(?:(?:et|alors|mais|ou|donc)[,\s]+)*(?:que|qu'est ce|quoi|quel(?:le)?s?|qui|quand|où|comment|pourquoi|combien|à quel(?:le)?s?|de quel(?:le)?s?)(?: |')`),
		questions: []question{
			{match: words(`^[\s*_\x1a\x1b"«(]*(?:(?:et|alors|mais|ou|donc|bonjour)[,\s]+)*(?:est ce|n'est ce|avez vous|aviez vous|auriez vous|êtes vous|étiez vous|seriez vous|pouvez vous|pourriez vous|voulez vous|voudriez vous|souhaitez vous|savez vous|connaissez vous|utilisez vous|pensez vous|puis je|y a t il|cela vous|ça vous|avez|êtes|d'accord)`), suggestion: "Posez une question ouverte : Que … ? Comment … ? Quel … ?"},
		},
		weStarts: words(`^[\s*_\x1a\x1b"«]*(?:(?:que|parce que) )?(?:nous|notre|nos|je|j'|mon|ma|mes)\b`),
		youStart: "Commencez par vous ou votre : « vous clôturez le mois deux jours plus tôt ».",
		callBack: words(`rappel(?:ez|er|iez)(?: moi| nous)?|(?:me|nous) rappeler|appelez (?:moi|nous|le|au|\x1b)|joindre (?:au|à)|(?:me|nous) joindre`),
		ourCall:  words(`(?:je|nous)(?: \w+){0,2} $`),
		requests: []*regexp.Regexp{words(`écrivez|envoyez|répondez|visitez|cliquez|réservez|consultez|lisez|regardez|dites (?:moi|nous)|tenez moi`)},
	}
}

func spanish() *ruleSet {
	const reason = "Empiece por lo que gana el cliente: «El motivo de mi llamada: usted puede …»"
	return &ruleSet{
		phrases: []phrase{
			{rule: "checking-in", severity: SeverityError, message: "la frase no aporta nada al cliente", suggestion: reason,
				match: words(`(?:s[oó]lo|solamente|simplemente|nada más) (?:quer[ií]a|quiero|quisiera|llamaba|llamo|escrib[ií]a|escribo|para)(?: para)? (?:saber (?:cómo|como|de)|ver (?:cómo|como|qué)|preguntar(?:le)? (?:cómo|como)|saludar(?:le|lo|la)?|dar seguimiento|hacer seguimiento)|(?:quer[ií]a|quiero|quisiera) saber (?:cómo|como) (?:va|iba|sigue|est[aá]|anda)`)},
			{rule: "touching-base", severity: SeverityError, message: "la frase dice que no hay motivo para hablar", suggestion: reason,
				match: words(`(?:s[oó]lo|solamente|simplemente)(?: \w+){0,3}? (?:estar|mantener(?:me|nos)?|ponerme|seguir) en contacto|mantener el contacto`)},
			{rule: "courtesy-call", severity: SeverityError, message: "una llamada de cortesía no le sirve al cliente", suggestion: reason,
				match: words(`(?:llamadas?|visitas?|mensajes?) de (?:mera |simple |pura )?cortes[ií]a|(?:llamo|llamaba|llamamos) por (?:mera |simple |pura )?cortes[ií]a`)},
			{rule: "anything-needed", severity: SeverityError, message: "el cliente debe encontrar el motivo de la llamada", suggestion: "Tráigalo: «Dijo que … estorbaba; esto ayudaría: …»",
				match: words(`\bsi (?:usted |ustedes )?(?:necesita(?:n|ba|ban|r[ií]a)?|precisa(?:n|ba|ban)?|requer[ií]an?|requieren?|le hac[ií]a falta|le hace falta)(?: \w+)? (?:algo|alguna cosa|ayuda|alguna ayuda)\b`)},
		},
		openers: words(`^[\s*_\x1a\x1b"«(¿]*(?:(?:y|pero|o|entonces)[,\s]+)*¿?(?:(?:a|de|en|con|para|por) )?(?:qu[eé]|c[oó]mo|cu[aá]l(?:es)?|qui[eé]n(?:es)?|cu[aá]ndo|d[oó]nde|cu[aá]nt[oa]s?)(?: |\?)`),
		questions: []question{
			{match: words(`^[^¿?]*¿[\s*_\x1a\x1b"]*(?:(?:y|pero|o|entonces)[,\s]+)*(?:tiene|tienen|tendr[ií]a|puede|pueden|podr[ií]a|es|ser[ií]a|est[aá]|estar[ií]a|quiere|querr[ií]a|desea|ha|han|hay|necesita|le|les|conoce|sabe|usa|va|cree|interesa|de acuerdo|verdad|recibi[oó]|pudo)\b`), suggestion: "Pregunte abierto: ¿Qué …? ¿Cómo …? ¿Cuál …?"},
		},
		weStarts: words(`^[\s*_\x1a\x1b"«]*(?:(?:que|porque) )?(?:nosotros|nuestr[oa]s?|yo|mis?|hemos|tenemos)\b`),
		youStart: "Empiece por usted o su: «usted cierra el mes dos días antes».",
		callBack: words(`ll[aá]me(?:me|nos|n)?|devu[eé]lva(?:me|nos)?|devolver(?:me)? la llamada|marque|(?:me|nos) (?:llame|encuentra|localiza)`),
		ourCall:  words(`(?:yo|nosotros|le|les)(?: \w+)? $`),
		requests: []*regexp.Regexp{words(`escr[ií]ba(?:me|nos)|env[ií]e(?:me|nos)|responda|visite|haga clic|reserve|lea|mire|d[ií]game|av[ií]seme`)},
	}
}
