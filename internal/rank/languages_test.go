package rank

import (
	"slices"
	"testing"
)

func TestLanguages(t *testing.T) {
	for name, c := range map[string]struct{ good, copied, poor string }{
		"German": {
			"Wir haben zwölf Jahre lang den Wasserstand am alten Hafen gemessen; der Mittelwert stieg um 4 Zentimeter, und die Unterlagen liegen im Hafenamt, wo man sie dienstags einsehen darf.",
			"Genau: Wir haben zwölf Jahre lang den Wasserstand am alten Hafen gemessen; der Mittelwert stieg um 4 Zentimeter, und die Unterlagen liegen im Hafenamt",
			"Danke für diesen schönen Artikel, gerne mehr",
		},
		"Arabic": {
			"قمنا بقياس مستوى المياه في الميناء القديم لمدة ١٢ سنة وارتفع المتوسط ٤ سنتيمترات، وتوجد السجلات في مكتب الميناء لمن أراد الاطلاع عليها كل يوم ثلاثاء مجانا",
			"قمنا بقياس مستوى المياه في الميناء القديم لمدة ١٢ سنة وارتفع المتوسط ٤ سنتيمترات، وتوجد السجلات في مكتب الميناء",
			"شكرا جزيلا على هذا المقال الرائع جدا",
		},
		"Chinese": {
			"我们在旧码头测量了十二年的潮位，平均水位上升了4厘米。所有记录都保存在港务局，任何人都可以在星期二去查阅。另外，文章没有提到一九五三年的那次改建，它对水流的影响其实更大。",
			"我们在旧码头测量了十二年的潮位，平均水位上升了4厘米。所有记录都保存在港务局，任何人都可以在星期二去查阅。",
			"谢谢作者，写得非常好，我很喜欢",
		},
		"Japanese": {
			"私たちは古い桟橋で12年間潮位を測ってきましたが、平均水位は4センチ上がりました。記録は港湾事務所に保管されていて、火曜日なら誰でも閲覧できます。記事にはない1953年の改修の影響も大きいと思います。",
			"私たちは古い桟橋で12年間潮位を測ってきましたが、平均水位は4センチ上がりました。記録は港湾事務所に保管されていて、火曜日なら誰でも閲覧できます。",
			"とても面白い記事でした、ありがとう",
		},
		"Russian": {
			"Мы двенадцать лет измеряли уровень воды у старого причала, и средний уровень поднялся на 4 сантиметра; журналы хранятся в конторе порта, и посмотреть их может каждый по вторникам.",
			"Мы двенадцать лет измеряли уровень воды у старого причала, и средний уровень поднялся на 4 сантиметра; журналы хранятся в конторе порта",
			"Спасибо за эту прекрасную статью, пишите ещё",
		},
		"Thai": {
			"เราวัดระดับน้ำที่ท่าเรือเก่ามาสิบสองปีแล้วและพบว่าค่าเฉลี่ยสูงขึ้นสี่เซนติเมตร บันทึกทั้งหมดเก็บไว้ที่สำนักงานท่าเรือ ใครก็ตามสามารถขอดูได้ทุกวันอังคารโดยไม่เสียค่าใช้จ่าย",
			"เราวัดระดับน้ำที่ท่าเรือเก่ามาสิบสองปีแล้วและพบว่าค่าเฉลี่ยสูงขึ้นสี่เซนติเมตร บันทึกทั้งหมดเก็บไว้ที่สำนักงานท่าเรือ",
			"ขอบคุณมากสำหรับบทความดีๆ แบบนี้",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Thread(article(
				say("poor", "Ann", "", 1, c.poor), say("good", "Bob", "", 2, c.good), say("copied", "Cem", "", 3, c.copied),
			), now, top(3))
			wantIDs(t, r.Picks, "good")
			if why := whyLost(r, "copied"); why != "copied from an earlier comment" {
				t.Errorf("the copy lost for %q", why)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]wording{
		"It's 3.5 km, l’eau":   {words: 4, spelled: 4, numbers: 1},
		"naïve cafe\u0301":     {words: 2, spelled: 2},
		"हिन्दी में लिखा":      {words: 3, spelled: 3},
		"می\u200cخواهم":        {words: 1, spelled: 1},
		"汉字汉字":                 {words: 2},
		"有3个 GPU":              {words: 4, spelled: 2, numbers: 1},
		"한국어 댓글입니다":            {words: 2, spelled: 2},
		"... --- !!! \xff\x00": {},
		"3rdparty 30km 10,000": {words: 3, spelled: 3, numbers: 2},
	} {
		var w wording
		w.take(fold(text).text)
		if w.words != want.words || w.spelled != want.spelled || w.numbers != want.numbers {
			t.Errorf("%q: %d words, %d spelled, %d numbers; want %+v", text, w.words, w.spelled, w.numbers, want)
		}
	}
}

func TestFormsOfAWordAreOne(t *testing.T) {
	terms := func(text string) []uint64 {
		var w wording
		w.take(fold(text).text)
		return w.terms
	}
	if !slices.Equal(terms("Harbours measured"), terms("harbour’s MEASURING")) {
		t.Error("forms of one word differ")
	}
	if slices.Equal(terms("abschaffen"), terms("messen")) {
		t.Error("different words are the same")
	}
}

func TestInsultsAreWholeWords(t *testing.T) {
	if s := read("Die Stadt will die Gebühr abschaffen, abschaffen, abschaffen.", nil); s.insults != 0 {
		t.Errorf("%d insults", s.insults)
	}
}
