package compose

import (
	"strings"
	"testing"

	"digest.example/internal/digest"
)

// tongue is how a small newsletter looks in one language.
type tongue struct {
	tag, newsletter, address       string
	author, title, text            string
	commenter, comment             string
	second, third, older, olderSay string
}

var tongues = []tongue{
	{
		"de", "Hafenbote", "Hafenpresse, Harbour Street 12, Bremerhaven", "Maren O.", "Die Fähre, die auf die Bäcker zu warten lernte",
		"Niemand hatte es geplant. Der Hafenmeister war dagegen, bis der Nebel kam und die Sache entschied.",
		"Pontoon", "Die Reiher sagten es seit Jahren. Im Kassenbuch steht es auch.", "Warum die Bibliothek im Leuchtturm Schirme verleiht",
		"Reiher zählen mit geborgtem Radar", "Was die Salzwiese von der Eisenbahn weiß", "Meine Großmutter fuhr noch mit dem letzten Zug über die Wiese.",
	},
	{
		"fr", "Le Courrier du port", "Presses du port, 12 Harbour Street, Le Havre", "Maëlle O.", "Le bac qui apprit à attendre les boulangers",
		"Personne ne l’avait prévu. Le capitaine du port s’y opposait, jusqu’à ce que le brouillard tranche.",
		"Ponton", "Les hérons le disaient depuis des années. C’est aussi dans le registre.", "Pourquoi la bibliothèque du phare prête des parapluies",
		"Compter les hérons avec un radar emprunté", "Ce que le pré salé sait du chemin de fer", "Ma grand-mère a pris le dernier train à travers le pré.",
	},
	{
		"es", "La Gaceta del Puerto", "Prensa del Puerto, Harbour Street 12, Vigo", "Maruxa O.", "El transbordador que aprendió a esperar a los panaderos",
		"Nadie lo había planeado. El capitán del puerto se oponía, hasta que la niebla lo decidió.",
		"Pantalán", "Las garzas lo decían desde hace años. También está en el libro de cuentas.", "Por qué la biblioteca del faro presta paraguas",
		"Contar garzas con un radar prestado", "Lo que la marisma recuerda del ferrocarril", "Mi abuela tomó el último tren que cruzó la marisma.",
	},
	{
		"pt-BR", "A Gazeta do Porto", "Imprensa do Porto, Harbour Street 12, Santos", "Mara O.", "A balsa que aprendeu a esperar os padeiros",
		"Ninguém tinha planejado. O capitão do porto era contra, até que o nevoeiro decidiu a questão.",
		"Trapiche", "As garças diziam isso há anos. Também está no livro-caixa.", "Por que a biblioteca do farol empresta guarda-chuvas",
		"Contar garças com um radar emprestado", "O que o mangue lembra da ferrovia", "Minha avó pegou o último trem que atravessou o mangue.",
	},
	{
		"ar", "رسالة الميناء", "مطبعة الميناء، Harbour Street 12، طنجة", "مريم العلي", "العبّارة التي تعلمت أن تنتظر الخبازين",
		"لم يخطط أحد لذلك. اعترض مدير الميناء حتى جاء الضباب وحسم الأمر.",
		"ن. العلي", "كانت طيور البلشون تقول ذلك منذ سنين. وهو مكتوب في الدفتر أيضًا.", "لماذا تعير مكتبة المنارة المظلات",
		"عدّ طيور البلشون برادار مستعار", "ما يتذكره المستنقع عن سكة الحديد", "ركبت جدتي آخر قطار عبر المستنقع.",
	},
	{
		"ja", "港だより", "港出版 Harbour Street 12 横浜市", "渡辺まり", "パン屋を待つことを覚えた渡し船",
		"誰も計画していなかった。港長は反対したが、やがて霧が出て話は決まった。領収書は今も事務所の引き出しに残っていて、町の人はときどきそれを読み返しに来るという。",
		"桟橋", "サギたちは何年も前からそう言っていた。帳簿にもちゃんと書いてある。", "灯台の図書館が傘を貸すわけ",
		"借り物のレーダーでサギを数える", "塩の湿地が覚えている鉄道のこと", "祖母は湿地を渡る最後の列車に乗ったそうだ。",
	},
	{ // No messages of its own: ours are English, all else is as it should be.
		"he", "מכתב הנמל", "דפוס הנמל, Harbour Street 12, חיפה", "מרים או.", "המעבורת שלמדה לחכות לאופים",
		"איש לא תכנן זאת. מנהל הנמל התנגד, עד שבא הערפל והכריע.",
		"רציף", "האנפות אמרו זאת כבר שנים. זה כתוב גם בפנקס.", "מדוע ספריית המגדלור משאילה מטריות",
		"ספירת אנפות במכ״ם שאול", "מה שזוכרת המלחה ממסילת הברזל", "סבתי נסעה ברכבת האחרונה שחצתה את המלחה.",
	},
}

// newsletter and issue are a small mail with one of everything that we say.
func (l tongue) mail() (digest.Issue, digest.Newsletter) {
	nl := weekly()
	nl.Language, nl.Title, nl.PostalAddress = l.tag, l.newsletter, l.address
	out := issueOf(2, 1)
	first, second := &out.Lead[0], &out.Lead[1]
	first.Article.Title, first.Article.Author.Name, first.Article.HTML = l.title, l.author, "<p>"+l.text+"</p>"
	first.Article.Original = "https://elsewhere.test/ferry"
	first.Article.CommentCount = 1234
	said := &first.Comments[0]
	said.Answers, said.Comment.Author.Name, said.Comment.HTML = l.author, l.commenter, "<p>"+strings.Repeat(l.comment+" ", 12)+"</p>"
	said.Comment.Votes = &digest.Votes{Up: 31, Down: 3}
	// A stranger who writes in another direction.
	foreign := digest.CommentPick{Comment: said.Comment}
	foreign.Comment.ID, foreign.Comment.URL = "0-9", "https://blog.harbour.test/0#c9"
	foreign.Comment.Author.Name, foreign.Comment.HTML, foreign.Comment.Votes = "Kestrel (مينا)", "<p>A bridge, a ledger, 3 herons. كنا نلعب عند البئر.</p>", nil
	foreign.Comment.ByArticleAuthor = true
	first.Comments = append(first.Comments, foreign)
	second.Article.Title, second.Article.CommentsClosed, second.Comments, second.Read = l.second, true, nil, 11
	second.Article.HTML = "<p>" + l.text + "</p>"
	out.More = []digest.Pick{pick(5, 0)}
	out.More[0].Article.Title, out.More[0].Article.CommentCount = l.third, 2
	out.Discussed = []digest.Pick{pick(10, 1)}
	out.Discussed[0].Article.Title = l.older
	out.Discussed[0].Article.Published = sunday.AddDate(-1, 0, 0)
	out.Discussed[0].Comments[0].Comment.HTML = "<p>" + l.olderSay + "</p>"
	return out, nl
}

func TestNothingIsEnglishInAnotherLanguage(t *testing.T) {
	for _, l := range tongues {
		issue, nl := l.mail()
		r := mustRender(t, issue, nl)
		for _, english := range []string{
			" by ", "in answer", "The rest", "Also:", "and 3 more", "More articles", "Still being", "You get this",
			"Unsubscribe", "View in browser", "Nov", "All ", "Original article", "stood out", "closed",
		} {
			for what, s := range map[string]string{"subject": r.Subject, "preheader": r.Preheader, "HTML": seen(t, r), "text": withoutAddresses(r.Text)} {
				// Months and the like are alike in some languages.
				if strings.Contains(s, english) && l.tag != "he" && english != "Nov" {
					t.Errorf("%s: the %s says %q", l.tag, what, english)
				}
			}
		}
	}
}

func seen(t *testing.T, r Rendered) string {
	t.Helper()
	return words(elements(parseHTML(t, r.HTML), "body")[0])
}

func withoutAddresses(text string) string { return webAddress.ReplaceAllString(text, "") }

func TestWhatIsSaidInEachLanguage(t *testing.T) {
	for tag, want := range map[string][]string{
		"de": {
			"22. November 2026 · 4 Artikel, 1.246 Kommentare", "Maren O. · 21. November · 1.234 Kommentare", "antwortet auf Maren O.", "31 Stimmen dafür, 3 dagegen",
			"schrieb den Artikel", "Alle 1.234 Kommentare zu „Die Fähre, die auf die Bäcker zu…“", "22. November 2025", "Die Kommentare sind geschlossen.",
			"Sie erhalten diese Mail, weil Sie Hafenbote auf digest.harbour.test abonniert haben.", "Originalartikel auf elsewhere.test",
		},
		"fr": {"22 novembre 2026 · 4 articles, 1 246 commentaires", "en réponse à Maëlle O.", "Les 1 234 commentaires sur « Le bac qui apprit à attendre les… »"},
		"ar": {"٢٢ نوفمبر ٢٠٢٦ · ٤ مقالات، ١٬٢٤٦ تعليقًا", "ردًا على مريم العلي", "جميع التعليقات (١٬٢٣٤) على «العبّارة", "لم يبرز أي تعليق هذه المرة (عدد ما قُرئ: ١١)."},
		"ja": {"2026年11月22日 · 記事4件、コメント1,246件", "渡辺まりさんへの返信", "賛成31票、反対3票", "「パン屋を待つことを覚えた渡し船」へのコメント全1,234件"},
		"he": {"22 November 2026 · 4 articles, 1,246 comments", "in answer to מרים או."},
	} {
		for _, l := range tongues {
			if l.tag != tag {
				continue
			}
			issue, nl := l.mail()
			r := mustRender(t, issue, nl)
			flat := strings.Join(strings.Fields(strings.ReplaceAll(r.Text, "> ", "")), " ")
			if tag == "ja" { // lines break between characters
				flat = strings.ReplaceAll(flat, " ", "")
			}
			for _, w := range want {
				if !strings.Contains(seen(t, r), w) {
					t.Errorf("%s: the HTML lacks %q", tag, w)
				}
				if tag == "ja" {
					w = strings.ReplaceAll(w, " ", "")
				}
				if !strings.Contains(flat, w) {
					t.Errorf("%s: the text lacks %q", tag, w)
				}
			}
		}
	}
}

func TestSubjectsInEachLanguage(t *testing.T) {
	for tag, want := range map[string]string{
		"de": "Die Fähre, die auf die Bäcker zu… und 3 weitere (22. Nov.)",
		"fr": "Le bac qui apprit à attendre les… et 3 autres (22 nov.)",
		"ar": "العبّارة التي تعلمت أن تنتظر… و٣ مقالات أخرى (٢٢ نوفمبر)",
		"ja": "パン屋を待つことを覚えた渡し船 ほか3件（2026年11月22日）",
		"he": "המעבורת שלמדה לחכות לאופים and 3 more (22 Nov)",
	} {
		for _, l := range tongues {
			if l.tag == tag {
				issue, nl := l.mail()
				if got := mustRender(t, issue, nl).Subject; got != want {
					t.Errorf("%s: %q, want %q", tag, got, want)
				}
			}
		}
	}
}

// Where our words are not in the newsletter's language, each says in which it is.
func TestWordsOfAnotherLanguageSaySo(t *testing.T) {
	for _, l := range tongues {
		issue, nl := l.mail()
		doc := parseHTML(t, mustRender(t, issue, nl).HTML)
		marked := 0
		for _, n := range elements(doc, "bdi") {
			if attribute(n, "lang") == "en" {
				marked++
				if attribute(n, "dir") != "ltr" {
					t.Errorf("%s: %q has no direction", l.tag, words(n))
				}
			}
		}
		if (l.tag == "he") != (marked > 20) {
			t.Errorf("%s: %d pieces are marked as English", l.tag, marked)
		}
	}
}
