// The saved verifier in a real Chromium, from file://, without a network: a receipt that holds, a tampered file that is caught, a forged receipt, a policy that
// asks for more. P4. Arguments: the photostat program, the page as built. Skipped, and said, where there is no Chromium or `npm ci` was not run here.
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [program, built] = process.argv.slice(2).map((word) => path.resolve(word)), chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
let playwright;
try {
	playwright = await import("playwright-core");
	fs.accessSync(chromium);
} catch (error) {
	console.log(`skipped: ${error.message}; it wants Chromium, and npm ci in tests/browser`);
	process.exit(77);
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), "photostat-browser-")), at = (name) => path.join(work, name);
const run = (...words) => execFileSync(program, words, {cwd: work, stdio: ["ignore", "pipe", "pipe"]});
fs.copyFileSync(built, at("verifier.html"));
fs.writeFileSync(at("letter.txt"), "Dear Anna,\nthe ice holds.\n");
fs.mkdirSync(at("other"));
fs.writeFileSync(at("other/letter.txt"), "Dear Anna,\nthe ice broke.\n");
run("init", "a", "--origin", "letters.example.org");
run("deposit", "-C", "a", "letter.txt", "--id", "letter");
run("receipt", "-C", "a", "letter", "letter.txt", "-o", "r.tlog-proof");
fs.writeFileSync(at("a.policy"), run("policy", "-C", "a"));
fs.writeFileSync(at("forged.tlog-proof"), fs.readFileSync(at("r.tlog-proof"), "latin1").replace(/^index 1$/m, "index 0"), "latin1");
run("init", "b", "--origin", "letters.example.org");
fs.writeFileSync(at("b.policy"), run("policy", "-C", "b"));

let failures = 0;
function check(yes, what) {
	console.log(`${yes ? "ok" : "FAILED"}: ${what}`);
	failures += !yes;
}

const browser = await playwright.chromium.launch({executablePath: chromium, args: ["--no-sandbox"]});
const context = await browser.newContext({offline: true}), page = await context.newPage(), trouble = [];
page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
page.on("pageerror", (error) => trouble.push(error.message));
page.on("request", (request) => request.url().startsWith("file://") || request.url().startsWith("blob:") || trouble.push(`asked for ${request.url()}`));

async function answer(files, receipt, policy, text = "") {
	await page.goto(pathToFileURL(at("verifier.html")).href);
	await page.setInputFiles("#files", files.map(at));
	await page.setInputFiles("#receipt", at(receipt));
	if (policy !== null)
		await page.setInputFiles("#policy", at(policy));
	await page.fill("#policy-text", text);
	await page.click("button");
	await page.waitForSelector("body[data-verified]", {timeout: 20000});
	return {...(await page.evaluate(() => ({...document.body.dataset}))), text: await page.innerText("#result")};
}

// What it says is in the language of the browser that opens it, its own words too.
const german = await browser.newContext({offline: true, locale: "de-AT"}), there = await german.newPage();
await there.goto(pathToFileURL(at("verifier.html")).href);
check((await there.innerText("h1")) === "Eine Quittung von photostat prüfen" && (await there.title()) === (await there.innerText("h1")) && !/\b(the|and)\b/.test(await there.innerText("main")),
	`in German: ${await there.innerText("main")}`);
await there.setInputFiles("#files", at("other/letter.txt"));
await there.setInputFiles("#receipt", at("r.tlog-proof"));
await there.setInputFiles("#policy", at("a.policy"));
await there.click("button");
await there.waitForSelector("body[data-verified=false]", {timeout: 20000});
check((await there.innerText("#result")).startsWith("nicht bewiesen: Eine Datei ist nicht die, die ins Log kam"), `in German: ${await there.innerText("#result")}`);
await german.close();

const good = await answer(["letter.txt"], "r.tlog-proof", "a.policy");
check(good.verified === "true" && good.text.includes("verified: the keeper of letters.example.org held these bytes as https://letters.example.org/r/letter, version 1."),
	`a receipt that holds: ${good.text}`);
check(good.text.includes("The policy names no witnesses") && good.text.includes("Not proven: who wrote them"), "what is not proven is said");
const tampered = await answer(["other/letter.txt"], "r.tlog-proof", "a.policy");
check(tampered.verified === "false" && tampered.step === "file" && tampered.text.includes("a file is not the one that was logged"), `a tampered file: ${tampered.text}`);
const forged = await answer(["letter.txt"], "forged.tlog-proof", "a.policy");
check(forged.verified === "false" && forged.step === "inclusion", `a forged place: ${forged.text}`);
const foreign = await answer(["letter.txt"], "r.tlog-proof", "b.policy");
check(foreign.verified === "false" && foreign.step === "signature", `another key of the same name: ${foreign.text}`);
const typed = await answer(["letter.txt"], "r.tlog-proof", null, fs.readFileSync(at("a.policy"), "utf8"));
check(typed.verified === "true", "a policy that was typed");

// Dropped all at once, known by how they begin.
await page.goto(pathToFileURL(at("verifier.html")).href);
const transfer = await page.evaluateHandle((given) => {
	const list = new DataTransfer();
	for (const [name, text] of given)
		list.items.add(new File([text], name));
	return list;
}, ["letter.txt", "r.tlog-proof", "a.policy"].map((name) => [name, fs.readFileSync(at(name), "utf8")]));
await page.dispatchEvent("body", "drop", {dataTransfer: transfer});
await page.waitForSelector("body[data-verified]", {timeout: 20000});
check((await page.evaluate(() => document.body.dataset.verified)) === "true", "dropped together");

// A "document" that is a policy of its giver's must not take the place of the reader's own, whichever comes first.
for (const order of [["b.policy", "a.policy"], ["a.policy", "b.policy"]]) {
	await page.goto(pathToFileURL(at("verifier.html")).href);
	const several = await page.evaluateHandle((given) => {
		const list = new DataTransfer();
		for (const [name, text] of given)
			list.items.add(new File([text], name));
		return list;
	}, ["letter.txt", "r.tlog-proof", ...order].map((name) => [name, fs.readFileSync(at(name), "utf8")]));
	await page.dispatchEvent("body", "drop", {dataTransfer: several});
	await page.waitForSelector("body[data-verified]", {timeout: 20000});
	const said = await page.evaluate(() => ({...document.body.dataset, text: document.getElementById("result").innerText}));
	check(said.verified === "false" && said.step === "given" && said.text.includes("More than one policy"), `two policies at once (${order}): ${said.text}`);
}
check(trouble.length === 0, `nothing was asked for or went wrong: ${trouble.join("; ")}`);
await browser.close();
fs.rmSync(work, {recursive: true, force: true, maxRetries: 50, retryDelay: 100});
process.exit(failures === 0 ? 0 : 1);
