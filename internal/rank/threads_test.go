package rank

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
)

// spoken is a thread about a town that closes its swimming pool, in one language:
// two comments that are worth printing, and what is not.
type spoken struct {
	title, article string
	good           [2]string
	filler         []string
	advert, insult string
}

var spokenThreads = map[string]spoken{
	"English": {
		"The pool will close", "The council has decided to close the swimming pool in October, because the roof needs repairs for which there is no money.",
		[2]string{
			"I taught swimming there for nineteen years. In the school year before the roof was first repaired, one child in five could not swim after fourth grade; three years later it was one in twenty. Whoever closes the pool should say where these lessons are going to take place.",
			"The council's own report of 2019 estimated the roof at 600,000 and the yearly heating at 90,000. A cover for the basin at night would save a third of that, which the neighbouring town proved two winters ago.",
		},
		[]string{"What a pity, really sad.", "Thank you for the good report!", "I agree with the previous speaker completely.", "When does it close exactly?"},
		"Stop complaining, I earn $400 every day, click here to learn how: https://quick-cash.example/a",
		"Only idiots sit on that council, every one of them a moron.",
	},
	"German": {
		"Das Hallenbad schließt", "Der Gemeinderat hat beschlossen, das Hallenbad im Oktober zu schließen, weil das Dach saniert werden müsste und dafür kein Geld da ist.",
		[2]string{
			"Ich habe dort neunzehn Jahre lang Schwimmunterricht gegeben. Im Schuljahr vor der ersten Dachsanierung konnte jedes fünfte Kind nach der vierten Klasse nicht schwimmen, drei Jahre später war es jedes zwanzigste. Wer das Bad schließt, soll sagen, wo dieser Unterricht künftig stattfinden wird.",
			"Das Gutachten der Gemeinde von 2019 veranschlagt das Dach mit 600.000 und die Heizung mit 90.000 im Jahr. Eine Abdeckung des Beckens in der Nacht würde ein Drittel davon sparen, wie der Nachbarort vor zwei Wintern gezeigt hat.",
		},
		[]string{"Sehr schade, wirklich traurig.", "Vielen Dank für den guten Bericht!", "Da kann ich meinem Vorredner nur zustimmen.", "Wann genau macht es denn zu?"},
		"Hört auf zu jammern und lernt im Internet Geld verdienen, alles steht auf https://schnell-geld.example/a für jeden",
		"Im Gemeinderat sitzen nur Idioten, und der Bürgermeister ist der größte Trottel.",
	},
	"French": {
		"La piscine ferme", "Le conseil municipal a décidé de fermer la piscine en octobre, parce que le toit doit être réparé et que l'argent manque.",
		[2]string{
			"J'y ai enseigné la natation pendant dix-neuf ans. L'année scolaire avant la première réparation du toit, un enfant sur cinq ne savait pas nager après le CM1 ; trois ans plus tard, c'était un sur vingt. Que ceux qui ferment la piscine disent où ces leçons auront lieu désormais.",
			"Le rapport de la commune de 2019 estimait le toit à 600 000 et le chauffage à 90 000 par an. Une couverture du bassin pendant la nuit en économiserait un tiers, comme la ville voisine l'a montré il y a deux hivers.",
		},
		[]string{"Quel dommage, c'est vraiment triste.", "Merci beaucoup pour ce bon reportage !", "Je suis tout à fait d'accord avec vous.", "À quelle date ferme-t-elle exactement ?"},
		"Arrêtez de vous plaindre, on peut gagner de l'argent chez soi, tout est sur https://argent-vite.example/a pour chacun",
		"Ce conseil n'est qu'une bande de crétins, et le maire est un imbécile.",
	},
	"Spanish": {
		"Cierra la piscina", "El ayuntamiento ha decidido cerrar la piscina en octubre, porque hay que reparar el tejado y no hay dinero para ello.",
		[2]string{
			"Di clases de natación allí durante diecinueve años. El curso anterior a la primera reparación del tejado, uno de cada cinco niños no sabía nadar después de cuarto; tres años más tarde era uno de cada veinte. Quien cierre la piscina debería decir dónde se darán ahora esas clases.",
			"El informe municipal de 2019 calculaba el tejado en 600.000 y la calefacción en 90.000 al año. Una cubierta para el vaso durante la noche ahorraría un tercio, como demostró el pueblo vecino hace dos inviernos.",
		},
		[]string{"Qué lástima, de verdad muy triste.", "¡Muchas gracias por el buen reportaje!", "Estoy totalmente de acuerdo con lo anterior.", "¿Qué día cierra exactamente la piscina?"},
		"Dejad de quejaros y gana dinero desde casa, está todo en https://dinero-ya.example/a para cualquiera",
		"En ese ayuntamiento solo hay idiotas, y el alcalde es un gilipollas.",
	},
	"Russian": {
		"Бассейн закрывают", "Городской совет решил закрыть бассейн в октябре, потому что крыша требует ремонта, а денег на него нет.",
		[2]string{
			"Я преподавала там плавание девятнадцать лет. В учебном году перед первым ремонтом крыши каждый пятый ребёнок после четвёртого класса не умел плавать; три года спустя — каждый двадцатый. Кто закрывает бассейн, пусть скажет, где теперь будут проходить эти уроки.",
			"В отчёте города за 2019 год крыша оценена в 600 000, а отопление в 90 000 в год. Укрытие чаши на ночь сберегло бы треть этой суммы, что соседний город доказал две зимы назад.",
		},
		[]string{"Очень жаль, правда грустно.", "Большое спасибо за хороший репортаж!", "Полностью согласен с предыдущим оратором.", "Когда именно он закрывается?"},
		"Хватит жаловаться, вот заработок в интернете для каждого, подробности на https://dengi-bystro.example/a прямо сейчас",
		"В этом совете сидят одни идиоты, а мэр просто дебил.",
	},
	"Arabic": {
		"إغلاق المسبح", "قرر المجلس البلدي إغلاق المسبح في أكتوبر لأن السقف يحتاج إلى إصلاح ولا يوجد مال لذلك.",
		[2]string{
			"درّست السباحة هناك تسعة عشر عاما. في السنة الدراسية التي سبقت إصلاح السقف للمرة الأولى كان طفل من كل خمسة لا يجيد السباحة بعد الصف الرابع، وبعد ثلاث سنوات صار طفلا من كل عشرين. على من يغلق المسبح أن يقول أين ستقام هذه الدروس من الآن فصاعدا.",
			"قدّر تقرير البلدية لعام 2019 كلفة السقف بمبلغ 600000 والتدفئة بمبلغ 90000 في السنة. تغطية الحوض ليلا توفر ثلث ذلك، كما أثبتت البلدة المجاورة قبل شتاءين.",
		},
		[]string{"يا للأسف، أمر محزن فعلا", "شكرا جزيلا على هذا التقرير الجيد!", "أتفق تماما مع المتحدث السابق هنا", "متى سيغلق المسبح بالضبط؟"},
		"كفى شكوى، تعلموا ربح المال من البيت، كل شيء موجود هنا https://mal-sari.example/a لكل الناس",
		"كل من في المجلس أغبياء ورئيس البلدية غبي جدا",
	},
	"Chinese": {
		"游泳馆即将关闭", "市议会决定在十月关闭游泳馆，因为屋顶需要维修，而市里没有这笔钱。",
		[2]string{
			"我在那里教了十九年游泳。第一次修屋顶之前的那个学年，四年级结束时每五个孩子里有一个不会游泳；三年以后，每二十个孩子里才有一个。谁要关闭游泳馆，就应该说清楚这些课今后在哪里上。",
			"市里2019年的报告估计屋顶要花600000，暖气每年要花90000。夜里给泳池盖上罩子可以省下三分之一，邻近的城市两年前的冬天已经证明了这一点。",
		},
		[]string{"真可惜，太让人难过了。", "谢谢这么好的报道！", "完全同意楼上的说法。", "到底是哪一天关门呢？"},
		"别抱怨了，在家也能赚钱，详情都在这里 https://kuai-qian.example/a 每个人都可以",
		"议会里全是白痴，市长更是个蠢货。",
	},
	"Japanese": {
		"プールが閉鎖される", "市議会は十月にプールを閉鎖することを決めた。屋根の修理が必要だが、そのための資金がないからだ。",
		[2]string{
			"私はあそこで十九年間水泳を教えていました。最初に屋根が修理される前の学年では、四年生を終えても五人に一人が泳げませんでしたが、三年後には二十人に一人になりました。プールを閉める人は、これからその授業をどこで行うのかを説明すべきです。",
			"市の2019年の報告書では、屋根に600000、暖房に毎年90000かかると見積もられています。夜の間プールに覆いをかければその三分の一を節約できることは、隣の町が二年前の冬に示しました。",
		},
		[]string{"本当に残念で悲しいです。", "良い記事をありがとうございます！", "前の方の意見に完全に賛成です。", "正確にはいつ閉まるのですか？"},
		"文句はもうやめて、副業で稼ぎましょう。詳しくはこちら https://fukugyo.example/a 誰でもできます",
		"議員は馬鹿ばかりで、市長もクズだ。馬鹿にするな。",
	},
}

func (s spoken) thread() digest.Article {
	a := article()
	a.Title, a.HTML = s.title, s.article
	add := func(id, text string) {
		n := len(a.Comments)
		a.Comments = append(a.Comments, say(id, fmt.Sprint("reader ", n), "", 1+n, text))
	}
	add("advert", s.advert)
	for i, f := range s.filler {
		add(fmt.Sprint("filler", i), f)
	}
	add("insult", s.insult)
	add("good0", s.good[0])
	add("good1", s.good[1])
	add("copy", s.good[0])
	return a
}

func TestThoughtBeatsFillerInEveryLanguage(t *testing.T) {
	for language, s := range spokenThreads {
		t.Run(language, func(t *testing.T) {
			r := Thread(s.thread(), now, top(3))
			got := ids(r.Picks)
			slices.Sort(got)
			if !slices.Equal(got, []string{"good0", "good1"}) {
				t.Errorf("picked %v: %v", got, r.Lost)
			}
			for id, want := range map[string]string{"advert": "advertising", "insult": "swearing", "copy": "copied"} {
				if why := whyLost(r, id); !strings.Contains(why, want) {
					t.Errorf("%s lost for %q, want %q", id, why, want)
				}
			}
			unbarred := math.Inf(-1)
			o := top(3)
			o.Bar = &unbarred
			a := s.thread()
			for i := range a.Comments[:len(a.Comments)-1] { // nobody profits from being first
				a.Comments[i].Published = a.Published
			}
			if got := ids(Thread(a, now, o).Picks); !strings.HasPrefix(got[0], "good") || !strings.HasPrefix(got[1], "good") {
				t.Errorf("without a bar %v were picked", got)
			}
		})
	}
}

// TestNoLanguageIsFavoured: the same text in translation is worth about the same.
func TestNoLanguageIsFavoured(t *testing.T) {
	content := func(s spoken, id string) float64 {
		sum := 0.0
		e := described(t, s.thread(), id)
		for _, f := range contentFeatures {
			sum += weights[f] * e.x[f]
		}
		return sum
	}
	for _, id := range []string{"good0", "good1"} {
		english := content(spokenThreads["English"], id)
		for language, s := range spokenThreads {
			if got := content(s, id); math.Abs(got-english) > 0.3 {
				t.Errorf("%s in %s is worth %.2f, in English %.2f", id, language, got, english)
			}
		}
	}
}

func TestOperatorsBlockWordsInAnyScript(t *testing.T) {
	for text, word := range map[string]string{
		"Новый бассейн строит фирма Рогов, как все знают.":     "рогов",
		"这家公司的名字大家都知道叫做黑心建筑公司":                                 "黑心建筑",
		"El constructor es Malvado e Hijos, como saben todos.": "malvado e hijos",
		"Der Bau ging an Schlußmann, wie alle wissen.":         "SCHLUßMANN",
		"The builder is M\u0430lv\u043ed, as everybody knows.": "Malvod",
		"The builder is ＭＡＬＶＯＤ, as everybody knows.":           "malvod",
		"The builder is Mal\u200bvod, as everybody knows.":     "malvod",
	} {
		o := top(1)
		o.BlockedWords = []string{"unrelated", word}
		if why := whyLost(Thread(article(say("a", "Ann", "", 1, text)), now, o), "a"); !strings.Contains(why, "blocked word") {
			t.Errorf("%q with %q blocked: lost for %q", text, word, why)
		}
	}
	o := top(1)
	o.BlockedWords = []string{"ano", "class"}
	if why := whyLost(Thread(article(say("a", "Ann", "", 1, "El año pasado hubo classes de natación para 20 niños.")), now, o), "a"); strings.Contains(why, "blocked") {
		t.Error("a blocked word was found where another stands: " + why)
	}
}
