// "Check it here" on a record's page, in a real Chromium against a running server: the browser fetches, hashes and verifies by itself; a file that was altered on the
// archive's disk is caught by the reader, whatever the server says of it; the reader's own policy decides. P4. Arguments: the photostat program.
import {execFileSync, spawn} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import {ended} from "./room.mjs";

const program = path.resolve(process.argv[2]), chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
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
fs.mkdirSync(at("two"));
fs.writeFileSync(at("two/a ä#.txt"), "one page\n");
fs.writeFileSync(at("two/b.txt"), "another page\n");
run("init", "a", "--origin", "letters.example.org", "--title", "Letters");
run("deposit", "-C", "a", "two", "--id", "two", "--meta", "title=Two pages");
run("init", "b", "--origin", "letters.example.org");

let failures = 0;
function check(yes, what) {
	console.log(`${yes ? "ok" : "FAILED"}: ${what}`);
	failures += !yes;
}

const server = spawn(program, ["serve", "-C", "a", "--listen", "127.0.0.1:0", "--json"], {cwd: work, stdio: ["ignore", "pipe", "inherit"]});
const [line] = await new Promise((resolve) => readline.createInterface({input: server.stdout}).once("line", (text) => resolve([text])));
const base = `http://127.0.0.1:${JSON.parse(line).port}/`;
const browser = await playwright.chromium.launch({executablePath: chromium, args: ["--no-sandbox"]});
const trouble = [];

async function visit(options = {}) {
	const context = await browser.newContext({locale: "en", ...options}), page = await context.newPage();
	page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
	page.on("pageerror", (error) => trouble.push(error.message));
	page.on("request", (request) => request.url().startsWith(base) || trouble.push(`asked for ${request.url()}`));
	await page.goto(`${base}r/two${options.ui ?? ""}`);
	return page;
}

async function press(page, row) {
	const item = page.locator("#proof li").nth(row), output = item.locator("output");
	await output.evaluate((element) => element.removeAttribute("data-verified"));
	await item.locator("button").click();
	await item.locator("output[data-verified]").waitFor({timeout: 20000});
	return {verified: await output.getAttribute("data-verified"), text: await output.innerText()};
}

try {
	let page = await visit();
	check((await page.locator("#proof button:visible").count()) === 3, "all files together, and each");
	check((await page.locator("#proof .proven").innerText()).includes("letters.example.org has signed that it held these bytes"), "the sentence");
	for (const row of [0, 1, 2]) {
		const {verified, text} = await press(page, row);
		check(verified === "true" && text.includes("verified: the keeper of letters.example.org held these bytes as https://letters.example.org/r/two, version 1."), `row ${row}: ${text}`);
	}
	check((await press(page, 0)).text.includes("photostat.json, the record's description, was not given"), "what was not compared is said");
	await page.click("#proof [data-policy] summary");
	await page.fill("#proof-policy", run("policy", "-C", "b").toString());
	let told = await press(page, 1);
	check(told.verified === "false" && told.text.includes("no log of the policy signed the checkpoint"), `the reader's own keys: ${told.text}`);
	await page.fill("#proof-policy", "nonsense");
	told = await press(page, 1);
	check(told.verified === "false" && told.text.includes("policy line 1"), `no policy at all: ${told.text}`);
	fs.writeFileSync(at("own.policy"), run("policy", "-C", "a"));
	await page.setInputFiles("#proof-policy-file", at("own.policy"));
	await page.waitForFunction(() => document.querySelector("#proof-policy").value.includes("letters.example.org+"));
	check((await press(page, 1)).verified === "true", "a policy from a file");
	await page.screenshot({path: process.env.PHOTOSTAT_SCREENSHOT ?? at("page.png"), fullPage: true});

	// In the page's language, whatever the browser's is; what is only there in English is marked as that.
	for (const [ui, yes, no] of [["de", "bewiesen: Der Verwahrer von letters.example.org hatte diese Bytes", "nicht bewiesen: Die Policy lässt sich nicht verwenden."],
		["ru", "доказано: хранитель letters.example.org хранил эти байты", "не доказано: политикой нельзя воспользоваться."],
		["fr", "prouvé : le dépositaire de letters.example.org détenait ces octets", "non prouvé : la politique est inutilisable."]]) {
		page = await visit({ui: `?ui=${ui}`});
		told = await press(page, 1);
		check(told.verified === "true" && told.text.startsWith(yes) && !/verified|keeper|witness/.test(told.text), `${ui}: ${told.text}`);
		await page.click("#proof [data-policy] summary");
		await page.fill("#proof-policy", "nonsense");
		told = await press(page, 1);
		check(told.verified === "false" && told.text.startsWith(no) && (await page.locator("#proof output p[lang=en]").innerText()).startsWith("policy line 1"), `${ui}: ${told.text}`);
		check((await page.locator(`#proof output p[lang=${ui}]`).count()) === 1, `${ui}: what is said says its language`);
	}

	// The archive's disk, or its keeper, changes a letter.
	const found = execFileSync("find", [at("a/records"), "-name", "b.txt"]).toString().trim();
	fs.chmodSync(found, 0o644);
	fs.writeFileSync(found, "another pagE\n");
	page = await visit();
	told = await press(page, 2);
	check(told.verified === "false" && told.text.includes("a file is not the one that was logged"), `a tampered file: ${told.text}`);
	told = await press(page, 0);
	check(told.verified === "false", `among all: ${told.text}`);
	check((await press(page, 1)).verified === "true", "the other one still verifies");

	page = await visit({javaScriptEnabled: false, viewport: {width: 390, height: 800}});
	check((await page.locator("#proof .proven").isVisible()) && (await page.locator("#proof a[download]").count()) >= 4 && (await page.locator("#proof button:visible").count()) === 0,
		"without JavaScript: the sentence, the receipts, and no button that does nothing");
	check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than a phone");
	check(trouble.length === 0, `nothing went wrong, nothing was asked for elsewhere: ${trouble.join("; ")}`);
} finally {
	await browser.close();
	await ended(server);
	fs.rmSync(work, {recursive: true, force: true});
}
process.exit(failures === 0 ? 0 : 1);
