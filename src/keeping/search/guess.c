/* The language of a text that does not say it, by its commonest words. A guess only changes which stems are stored, and who asks is given the stems of every
 * language that the index has: a wrong one finds a form too much or too few, never loses a word as it stands. So it may be made, but only when little doubt is left. */
#include "internal.h"

#include <stdlib.h>

#define WORDS_MOST 3000u
#define WORDS_LEAST 12u

/* Languages without a stemmer stand for what is near to one and is not it: they win, and nothing is said. As they are written; both sides are folded. */
static const struct {
	const char *tag, *words;
} languages[] = {
	{"en", "the of and to in a is that it was for on with as his he be at by this had not are but from or have an they which "
	       "one you were all her she "
	       "there would their we him been has when who will no more if out so said what up its about them than into could"},
	{"de", "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass "
	       "daß sie nach wird bei einer "
	       "um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man ich wir ihr uns "
	       "mir"},
	{"fr", "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la cette ou avec son "
	       "sa ses aux d l qu n s c j "
	       "elle nous vous je mais comme tout été leur même fait était lui y on sans être"},
	{"es", "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre "
	       "este ya entre cuando todo esta "
	       "ser son dos también fue había era muy años hasta desde está mi porque qué"},
	{"it", "di e il la che in a un per è una con non sono le si da come più dei del i al della lo nel ma alla gli anche se dal "
	       "ha o delle l questo su era suo "
	       "nella ed della dell io mi ci quando essere sua aveva tutto"},
	{"pt", "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou quando "
	       "muito nos já eu também só pelo pela "
	       "até isso ela entre depois sem mesmo aos são foi está"},
	{"nl", "de van het een en in is dat op te zijn voor met die niet aan er om ook als dan maar bij uit wordt door over worden "
	       "nog naar heeft hij ze werd wel "
	       "deze tot geen ik je we dit haar hebben wij u mijn was"},
	{"sv", "och i att det som en på är av för med den till inte de om ett han men var jag sig från vi så kan när har hon "
	       "skulle nu eller hade mot detta efter "
	       "vid under mycket där alla utan"},
	{"da", "og i at det er en den til af på for ikke der som med de et har han var jeg fra vi så kan når hun skulle nu eller "
	       "havde mod dette efter ved meget "
	       "hvor alle uden blev være af hvad op os"},
	{"no", "og i det som en på er av for med den til ikke de om et han men var jeg seg fra vi så kan når har hun skulle nå "
	       "eller hadde mot dette etter ved mye "
	       "hvor alle uten ble være hva opp oss"},
	{"fi", "ja on ei että se hän oli joka mutta ovat kun niin myös en kuin sen tai jos hänen mitä ollut olen vain minä he ole "
	       "sitä jo nyt olla siitä voi tämä "
	       "ne joka kaikki sitten mukaan"},
	{"hu", "a az és hogy nem is egy ez van volt meg de csak már ha mint el még azt aki ki vagy ezt be lehet amely sem majd "
	       "után között mert kell minden azonban "
	       "én ő mi volt lesz"},
	{"ro", "de și în a la cu pe care nu din o un pentru că este să mai se au fost prin sunt ca fi dar sau lui era după ale al "
	       "ei cele acest această dintre cel"},
	{"ca", "de la i que el en a els les per un una amb és del al no es l d se com més va han seva seu aquest aquesta però "
	       "també entre sobre ha dels són com"},
	{"tr", "ve bir bu da de için ile olarak olan çok daha gibi kadar o ne ama en sonra var olduğu ben değil her ki mi şey ya "
	       "bunu onun içinde"},
	{"lt", "ir kad į yra tai iš su ne jis apie bet buvo kaip o ar dar jau po per prie už nuo taip tik jo savo kuris metų"},
	{"id", "yang dan di dari untuk dengan ini itu dalam pada tidak adalah ke akan oleh juga sebagai telah dapat atau karena "
	       "ada mereka saya kami bahwa"},
	{"ga", "an na agus ar a i go is bhí ní tá le sé ag do mar sin ach nach as bhfuil é chun ó seo faoi nó leis"},
	{"eu", "eta da ez du dira bat zen den ere izan baina zuen beste hau egin dute bere edo izango dela"},
	{"ru", "и в не на я что он с как это по но они мы из за у от же к так его все она то было бы о для а вы ты быть мне был "
	       "если их или ни когда меня только "
	       "есть еще мой даже чем при под вас нас том которые который"},
	{"sr", "и у је да се на са за од су као не што који то али по из до које био или са јер она није бити ће кад био"},
	{"el", "και το του της η ο την να τα με για στο των από που δεν είναι σε τον οι τη θα στην ένα μια ως τους στη αυτό ήταν "
	       "κατά"},
	{"hy", "և է որ են մեջ այդ այս իր նա էր ու հետ մի համար որը չի բայց եւ նրա ես"},
	{"ar", "في من على إلى أن التي الذي عن مع هذا هذه كان ما لا قد كما بين بعد كل أو ذلك لم هو هي كانت عند قبل إن ثم حتى لقد"},
	{"hi", "के में है की को से का और पर यह ने हैं कि एक भी इस नहीं था तो वह हो कर लिए साथ थे या थी अपने जो"},
	{"ne", "छ र को मा ले हो पनि छन् यो का भएको गर्न एक लाई छैन गरेको थियो तथा भन्ने"},
	{"ta", "மற்றும் இந்த ஒரு என்று என அந்த அவர் இது இருந்து தான் என்ற உள்ள அது வேண்டும் போது"},
	{"yi", "און דער די דאָס איז אין צו פון ניט נישט אַ אז מיט ער זי איך װאָס וואס האט האָט אויף זענען אָבער"},
	/* without a stemmer */
	{"uk", "що та як це не до з й від для був було його її але ще або які який за у при про так після буде"},
	{"bg", "на да се за от са по не във със това като или беше при до който която които още ще си му"},
	{"be", "і што не да з як гэта ён яна але быў для па калі яго ў"},
	{"pl", "w i na z do się że nie jest to o jak po od za przez a co dla tak ale był oraz jego jej tym przy już które który "
	       "być"},
	{"cs", "a se v na je že to s z do o i k ve pro za by ale si po jako jeho jsem byl jsou od která který když už"},
	{"sk", "a sa na v je že to s z do o aj k vo pre za by ale si po ako jeho som bol sú od ktorá ktorý keď už"},
	{"hr", "i u je da se na za od su s kao ne što koji to ali po iz do koje bio ili jer ona nije biti će kad"},
	{"la", "et in est non ad ut cum quod qui sed ex de a si per ab atque aut quae esse autem ac enim nec eius hoc quam quid "
	       "sunt"},
	{"gl", "de a o que e do da en un para con non unha os no se na por máis as dos como pero ao súa seu foi tamén"},
	{"af", "die van en in is het nie dat wat te vir met op by was as hy sy ons hulle ook maar aan om sal deur"},
	{"eo", "la de kaj en estas al por ne ke kun li mi ĝi sed el pri ili aŭ ankaŭ pli"},
	{"fa", "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز او شد می بود اما"},
	{"ur", "کے میں کی ہے اور سے کا کو اس پر نے ہیں یہ کہ ایک بھی تھا وہ جو نہیں"},
	{"he", "של את על לא הוא זה עם היא אני כי גם אל כל או אבל היה מה אם יש בין רק"},
	{"mr", "आणि आहे या ही हे एक तो ते व असे होते आहेत केली होता मध्ये ती म्हणून"},
};
#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))
_Static_assert(LANGUAGES <= 64, "a bit each");

struct guess {
	uint64_t of_term[4096]; /* by number: the languages that have the word among their commonest */
	uint32_t known;
	struct lexicon words;
	struct buf folded;
};

static void learn(struct guess *guess)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct words words = {.text = str_from(languages[i].words)};
		struct word word;

		while (words_next(&words, &word)) {
			uint32_t number;

			buf_clear(&guess->folded);
			fold_word(word.raw, &guess->folded);
			number = lexicon_term(&guess->words, buf_view(&guess->folded));
			if (number < sizeof(guess->of_term) / sizeof(guess->of_term[0]))
				guess->of_term[number] |= (uint64_t)1 << i;
		}
	}
	guess->known = guess->words.term_count;
}

static bool has_letter(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] < '0' || raw.p[i] > '9')
			return true;
	return false;
}

const char *search_guess_language(struct str text)
{
	struct guess *guess = mem_alloc(sizeof(*guess));
	struct words words = {.text = text};
	struct word word;
	unsigned hits[LANGUAGES] = {0}, count = 0, first = 0, second = 0;
	size_t best = 0;

	lexicon_init(&guess->words);
	learn(guess);
	while (count < WORDS_MOST && words_next(&words, &word)) {
		uint32_t number;

		if (word.pair || !has_letter(word.raw))
			continue;
		count++;
		buf_clear(&guess->folded);
		fold_word(word.raw, &guess->folded);
		number = lexicon_term(&guess->words, buf_view(&guess->folded));
		for (size_t i = 0; number < guess->known && i < LANGUAGES; i++)
			hits[i] += (guess->of_term[number] >> i & 1u) != 0;
	}
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (hits[i] > first) {
			second = first;
			first = hits[i];
			best = i;
		} else if (hits[i] > second) {
			second = hits[i];
		}
	}
	lexicon_release(&guess->words);
	buf_release(&guess->folded);
	free(guess);
	/* A sixth of a text's words are among the commonest of its language, and clearly fewer among those of any other. */
	if (count < WORDS_LEAST || first * 6 < count || second * 3 > first * 2 || stemmer_find(str_from(languages[best].tag)) == 0)
		return "";
	return languages[best].tag;
}
