// What the verifier says (assets/verify-words.js): every language has all of it, with the same places to fill and as many forms as its numbers want. Argument: the source folder.
import path from "node:path";
import {pathToFileURL} from "node:url";

const {say, spoken, words} = await import(pathToFileURL(path.join(path.resolve(process.argv[2]), "src/serving/room/assets/verify-words.js")));
let failures = 0, count = 0;
function check(yes, what) {
	count++;
	failures += !yes;
	if (!yes)
		console.error(`FAILED: ${what}`);
}
const places = (text) => [...new Set(text.match(/\{[1-3]\}/g) ?? [])].sort().join();

for (const [language, texts] of Object.entries(words)) {
	check(Object.keys(texts).sort().join() === Object.keys(words.en).sort().join(), `${language} has not the keys of English`);
	const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((name) => ["one", "few", "many"].includes(name));
	for (const [key, text] of Object.entries(texts)) {
		const counted = words.en[key].includes("|");
		check(text.split("|").length === (!counted ? 1 : language === "ru" ? forms.length : 2), `${language}, ${key}: its forms for numbers`);
		for (const form of text.split("|"))
			check(places(form) === places(words.en[key]), `${language}, ${key}: its places`);
		check(language === "en" || !counted || text !== words.en[key], `${language}, ${key}: it is English`);
	}
}
const told = (language) => [1, 2, 5, 21, 22, 1000000].map((n) => say(language, "others", n).replace(/^(?:Diese Version hatte|В этой версии был[оа]? ещё|Cette version avait|That version had) /, "").split(",")[0]);
check(told("en").join() === "1 file more,2 files more,5 files more,21 files more,22 files more,1000000 files more", `English: ${told("en")}`);
check(told("ru").join() === "1 файл,2 файла,5 файлов,21 файл,22 файла,1000000 файлов", `Russian: ${told("ru")}`);
check(told("de")[1] === "2 Dateien mehr" && told("fr")[2] === "5 fichiers de plus" && told("fr")[5] === "1000000 fichiers de plus", `German, French: ${told("de")} ${told("fr")}`);
check(say("en", "same-as", "{2}", "b") === "the same: {2} is b", "what is filled in stays as it is");
check(spoken(["pt-BR", "de-AT", "en"]) === "de" && spoken(["xx"]) === "en" && spoken(["toString"]) === "en", "the language that is spoken");
console.log(`${count} checks, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
