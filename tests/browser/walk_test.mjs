// Every kind of page of the reading room in a real Chromium: on a desk and on a phone, with and without JavaScript, light and dark. No error in the console, nothing from
// elsewhere, nothing wider than the window, nothing that axe-core finds against WCAG 2.2 AA; a first view within 60 KB; paper, and writing from right to left. Arguments: the
// photostat program, the project's folder. PHOTOSTAT_SCREENSHOTS names a folder for pictures of every page.
import fs from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import {Archive, Checks, altoOf, browserOrSkip, pngOf} from "./room.mjs";

const [program, source] = process.argv.slice(2).map((word) => path.resolve(word));
const browser = await browserOrSkip(), checks = new Checks(), pictures = process.env.PHOTOSTAT_SCREENSHOTS;
let axe;
try {
	axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
} catch (error) {
	console.log(`skipped: ${error.message}; it wants npm ci in tests/browser`);
	process.exit(77);
}
const FIRST_VIEW = 60 << 10, VIEWER = "openseadragon";
const AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

// ---- an archive with everything in it that pages show

const archive = new Archive(program, "Letters of a harbour");
archive.run("deposit", "-C", "a", "--csv", path.join(source, "examples/records.csv"), path.join(source, "examples"), "--quiet");
archive.run("event", "-C", "a", "harbour-letters/nora-1913-03-02", "--type", "creation", "--date", "1913-03-02", "--agent", "Nora Hallett", "--note", "Written at the light.", "--quiet");
archive.run("event", "-C", "a", "harbour-letters/nora-1913-03-02", "--type", "loss", "--date", "1914~", "--agent", "Unknown", "--quiet");
archive.run("event", "-C", "a", "harbour-letters/nora-1913-03-02", "--type", "discovery", "--date", "2026", "--agent", "The Hallett family", "--note", "In a biscuit tin.", "--quiet");
archive.run("edit", "-C", "a", "harbour-letters/nora-1913-03-02", "description=She has copied the page of the muster book, and had the copy witnessed by two.", "--quiet");
archive.write("ar.txt", "المرفأ، ٣ آذار ١٩١٩\n\nعزيزتي مريم،\n\nوصلتني رسالتك مساء أمس، وقرأتها مرتين على ضوء المصباح [1]. البحر هادئ منذ أيام (12 يوما).\n\nأخوك المخلص،\nإبراهيم\n\n[1] مصباح الزيت.\n");
archive.run("deposit", "-C", "a", "ar.txt", "--id", "ar", "--meta", "title@ar=رسالة إبراهيم إلى مريم", "--meta", "date=1919-03-03", "--meta", "language=ar", "--quiet");
const WIDTH = 2000, HEIGHT = 2800, WORDS = [["muster", 300, 400, 400, 90], ["book", 800, 400, 260, 90], ["harbour", 1200, 2400, 500, 90]];
for (const page of [1, 2]) {
	archive.write(`scans/p${page}.png`, pngOf(WIDTH, HEIGHT, WORDS.map(([, ...box]) => box)));
	archive.write(`scans/p${page}.xml`, altoOf(WIDTH, HEIGHT, WORDS));
}
archive.run("deposit", "-C", "a", "scans", "--id", "scans", "--meta", "title=Two leaves of the muster book", "--meta", "language=en", "--quiet");
archive.run("deposit", "-C", "a", "ar.txt", "--id", "gone", "--meta", "title=Closed", "--quiet");
archive.run("access", "-C", "a", "gone", "closed", "--authority", "The family", "--reason", "privacy", "--quiet");
archive.run("index", "-C", "a", "--quiet");
await archive.serve();

const NORA = "r/harbour-letters/nora-1913-03-02", JONAS = "r/harbour-letters/jonas-1913-03-20";
const PAGES = [
	["front", ""], ["results", "search?q=muster"], ["results-none", "search?q=zzzz"], ["results-wrong", "search?q=%28"],
	["arrangement", "browse/arrangement"], ["people", "browse/people"], ["person", "browse/people?is=Petersen,%20Jonas"], ["places", "browse/places"], ["dates", "browse/dates"],
	["languages", "browse/languages"], ["recent", "browse/recent"],
	["record", NORA], ["record-version", `${NORA}@1`], ["record-fonds", "r/harbour-letters"], ["record-picture", "r/harbour-letters/postcard-1913-05-12"], ["record-scans", "r/scans"],
	["record-german", `${NORA}?ui=de`], ["record-russian", `${NORA}?ui=ru`], ["record-french", `${NORA}?ui=fr`], ["record-arabic", "r/ar"],
	["reading", `${JONAS}/read`], ["reading-found", `${NORA}/read?q=muster`], ["reading-lines", `${JONAS}/read?lines=1`], ["reading-arabic", "r/ar/read"],
	["page", "r/harbour-letters/postcard-1913-05-12/pages/1"], ["page-words", "r/scans/pages/1?q=muster"], ["page-last", "r/scans/pages/2"],
	["compare", "compare?a=harbour-letters/jonas-1913-03-20&b=harbour-letters/jonas-1913-03-20-de"], ["compare-versions", "compare?a=harbour-letters/nora-1913-03-02@1&b=harbour-letters/nora-1913-03-02@2"],
	["compare-empty", "compare"], ["log", "log"], ["log-entry", "log/1"], ["about", "about"], ["verifier", "verifier.html"],
	["absent", "r/nothing-of-that-name", 404], ["closed", "r/gone", 404],
];
const DESK = {viewport: {width: 1280, height: 900}}, PHONE = {viewport: {width: 360, height: 740}, deviceScaleFactor: 2, isMobile: true, hasTouch: true};

// ---- the walk

/* A tab that notes what goes wrong in it; that a page which is absent is answered 404 is right. */
async function tab(context) {
	const page = await context.newPage(), trouble = page.trouble = [];
	page.on("console", (message) => ["error", "warning"].includes(message.type()) && message.location().url !== page.asked && trouble.push(message.text()));
	page.on("pageerror", (error) => trouble.push(error.message));
	page.on("request", (request) => request.url().startsWith(archive.base) || request.url().startsWith("data:") || trouble.push(`asked for ${request.url()}`));
	page.on("response", (answer) => answer.status() >= 400 && answer.url() !== page.asked && trouble.push(`${answer.status()} for ${answer.url()}`));
	return page;
}
async function go(page, place, status, what) {
	page.trouble.length = 0;
	page.asked = archive.base + place;
	const answer = await page.goto(page.asked);
	checks.check(answer.status() === status, `${what}: status ${answer.status()}`);
}
async function open(context, place, status, what) {
	const page = await tab(context);
	await go(page, place, status, what);
	return page;
}

/* What the browser fetched before it could paint, as it came over the wire. The viewer of scans comes after that, and only there. */
async function firstView(page, what) {
	const {first, late, bytes} = await page.evaluate((viewer) => {
		const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, all = performance.getEntriesByType("resource");
		const code = all.filter((one) => /\.(css|js)$/.test(new URL(one.name).pathname)), late = code.filter((one) => one.name.includes(viewer));
		return {first: paint, late: late.map((one) => one.startTime), bytes: [performance.getEntriesByType("navigation")[0], ...code.filter((one) => !late.includes(one))]
			.reduce((sum, one) => sum + one.encodedBodySize, 0)};
	}, VIEWER);
	checks.check(first > 0 && bytes > 500 && bytes <= FIRST_VIEW, `${what}: a first view of ${bytes} bytes`);
	checks.check(late.every((start) => start >= first), `${what}: the viewer was fetched at ${late} ms, before the first paint at ${first} ms`);
	return bytes;
}

let largest = 0;
for (const scripts of [true, false])
	for (const [size, window] of [["desk", DESK], ["phone", PHONE]])
		for (const colorScheme of ["light", "dark"]) {
			// Colours do not change what fits: six of the eight show all, PHOTOSTAT_TEST_FULL=1 walks through each.
			if (process.env.PHOTOSTAT_TEST_FULL !== "1" && colorScheme === "dark" && (size === "phone") === scripts)
				continue;
			const name = `${size}-${colorScheme}${scripts ? "" : "-plain"}`;
			const context = await browser.newContext({...window, colorScheme, javaScriptEnabled: scripts, locale: "en", reducedMotion: "reduce"});
			const page = await tab(context);
			for (const [label, place, status = 200] of PAGES) {
				const what = `${label}, ${name}`;
				if (label === "verifier" && !scripts)
					continue;
				await go(page, place, status, what);
				// A phone lays a page out as wide as its widest part: against the window that was asked for, not the one that it became.
				const [wide, zoomed] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
				checks.check(wide <= window.viewport.width && zoomed <= window.viewport.width, `${what}: ${Math.max(wide, zoomed)} pixels wide`);
				const scan = await page.locator(".plate").count();
				if (scan > 0 && scripts)
					await page.locator(".plate[data-viewer=open]").waitFor({timeout: 20000});
				else if (scan > 0)
					checks.check((await page.locator(".plate img").isVisible()) && !(await page.locator(".tools").isVisible()), `${what}: a plain picture`);
				if (scripts) {
					await page.evaluate(axe);
					const {violations} = await page.evaluate((tags) => globalThis.axe.run(document, {runOnly: tags, resultTypes: ["violations"]}), AA);
					checks.check(violations.length === 0, `${what}: ${violations.map((one) => `${one.id}: ${one.help}\n\t${one.nodes.slice(0, 3).map((node) =>
						`${node.html.slice(0, 200)} (${node.any.map((a) => a.message).join("; ")})`).join("\n\t")}`).join("\n")}`);
				}
				if (scripts && label !== "verifier" && status === 200)
					largest = Math.max(largest, await firstView(page, what));
				checks.check(page.trouble.length === 0, `${what}: ${page.trouble.join("; ")}`);
				if (pictures)
					await page.screenshot({path: path.join(pictures, `${label}-${name}.png`), fullPage: true});
			}
			await context.close();
		}
console.log(`the largest first view: ${largest} bytes`);

// ---- the scan: enlarged by keyboard, pointer and button, its words where they belong

async function scans() {
	const context = await browser.newContext({...DESK, locale: "en", reducedMotion: "reduce"});
	const page = await open(context, "r/scans/pages/1?q=muster+OR+harbour", 200, "the scan");
	const ready = () => page.waitForFunction(() => document.querySelector(".plate").viewer?.world.getItemAt(0)?.getFullyLoaded());
	await page.locator(".plate[data-viewer=open]").waitFor({timeout: 20000});
	await ready();
	// Black is where words are: what the picture shows below the middle and beside each mark tells whether the mark lies on it.
	const marks = () => page.evaluate(() => {
		const canvas = document.querySelector(".plate canvas"), frame = canvas.getBoundingClientRect(), dark = (x, y) => {
			const at = [(x - frame.left) / frame.width * canvas.width, (y - frame.top) / frame.height * canvas.height].map(Math.round);
			return at[0] < 0 || at[1] < 0 || at[0] >= canvas.width || at[1] >= canvas.height ? null : canvas.getContext("2d").getImageData(...at, 1, 1).data[0] < 128;
		};
		return [...document.querySelectorAll(".words a rect")].map((rect) => {
			const box = rect.getBoundingClientRect(), edge = Math.max(4, box.height * 0.12);
			return {wide: box.width, inside: [dark(box.left + edge, box.top + edge), dark(box.right - edge, box.bottom - edge)],
				outside: [dark(box.left - edge, box.top - edge), dark(box.right + edge, box.bottom + edge)], seen: box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom};
		});
	});
	const aligned = (list) => list.some((one) => one.seen) && list.every((one) => one.inside.every((dark) => dark !== false) && one.outside.every((dark) => dark !== true));
	let before = await marks();
	checks.check(before.length === 2 && before.every((one) => one.seen) && aligned(before), `both hits are marked on their words: ${JSON.stringify(before)}`);
	await page.screenshot(pictures ? {path: path.join(pictures, "scan-whole.png")} : {});

	await page.locator("[data-tool=larger]").click();
	await page.locator("[data-tool=larger]").click();
	await ready();
	await page.waitForTimeout(300);
	let after = await marks();
	checks.check(after[0].wide > before[0].wide * 2, "buttons enlarge");
	checks.check(after.every((one) => one.inside.every((dark) => dark !== false)), `enlarged, marks still lie on their words: ${JSON.stringify(after)}`);

	// By keyboard to each hit: it is brought into sight, and Enter goes to its place in the text.
	for (const number of [0, 1]) {
		await (number === 0 ? page.locator("[data-tool=select]").focus() : page.locator(".words a").nth(number - 1).focus());
		for (let step = 0; step < 12 && !(await page.evaluate((n) => document.activeElement === document.querySelectorAll(".words a")[n], number)); step++)
			await page.keyboard.press("Tab");
		await page.waitForTimeout(300);
		await ready();
		await page.waitForTimeout(100);
		const now = await marks();
		checks.check(now[number].seen && aligned(now), `hit ${number + 1} is reached by keyboard, seen, and marked where it is: ${JSON.stringify(now)}`);
		checks.check((await page.evaluate(() => document.activeElement.getAttribute("aria-label"))) === WORDS[number * 2][0], "and says which word it is");
	}
	await page.screenshot(pictures ? {path: path.join(pictures, "scan-hit.png")} : {});
	await page.keyboard.press("Enter");
	checks.check(/#\w+$/.test(page.url()) && (await page.locator(`.beside [id="${page.url().split("#")[1]}"]`).count()) === 1, `a hit leads to its place in the text: ${page.url()}`);

	await page.locator(".openseadragon-canvas").first().focus();
	await page.keyboard.press("0");
	await page.waitForTimeout(300);
	before = await marks();
	await page.keyboard.press("+");
	await page.keyboard.press("ArrowUp");
	await page.waitForTimeout(300);
	after = await marks();
	checks.check(before.every((one) => one.seen) && after[0].wide > before[0].wide, "0 shows all, + enlarges");
	const label = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
	checks.check(label?.startsWith("p1.png.") && label.includes("arrow keys"), `the scan says what it is and how it is moved: ${label}`);

	// By pointer: a click on a mark, and text selected on the picture.
	await page.locator("[data-tool=whole]").click();
	await page.waitForTimeout(300);
	await page.evaluate(() => history.replaceState(null, "", location.pathname + location.search));
	await page.locator(".words a").first().click();
	checks.check(/#\w+$/.test(page.url()), `a mark is a link by pointer too: ${page.url()}`);
	await page.locator("[data-tool=select]").click();
	const place = await page.locator(".words text").nth(0).boundingBox();
	await page.mouse.move(place.x + 1, place.y + place.height / 2);
	await page.mouse.down();
	await page.mouse.move(place.x + place.width - 1, place.y + place.height / 2, {steps: 5});
	await page.mouse.up();
	checks.check((await page.evaluate(() => getSelection().toString())).includes("muste"), `text on the picture can be selected: ${await page.evaluate(() => getSelection().toString())}`);
	const trouble = page.trouble.filter((text) => !text.includes("willReadFrequently")); // that is this test, which looks at the picture
	checks.check(trouble.length === 0, `the scan: ${trouble.join("; ")}`);

	// A part of the image that was cited.
	await page.goto(`${archive.base}r/scans/pages/1#xywh=1100,2300,700,300`);
	await page.locator(".plate[data-viewer=open]").waitFor({timeout: 20000});
	await page.waitForFunction(() => document.querySelector(".plate").viewer.viewport.getZoom() > 1.5);
	const shown = await page.evaluate(() => {
		const {viewport, world} = document.querySelector(".plate").viewer, {x, y, width, height} = world.getItemAt(0).viewportToImageRectangle(viewport.getBounds());
		return [x, y, x + width, y + height].map(Math.round);
	});
	checks.check(shown[0] <= 1100 && shown[1] <= 2300 && shown[2] >= 1800 && shown[3] >= 2600 && (shown[2] - shown[0] <= 705 || shown[3] - shown[1] <= 305), `the part that was cited: ${shown}`);
	await context.close();
}
await scans();

// ---- paper

async function paper() {
	const context = await browser.newContext({...DESK, locale: "en", colorScheme: "dark"});
	for (const [label, place] of [["reading", `${JONAS}/read`], ["record", NORA], ["page-words", "r/scans/pages/1"], ["reading-arabic", "r/ar/read"]]) {
		const page = await open(context, place, 200, `${label} on paper`);
		await page.emulateMedia({media: "print", colorScheme: "light"});
		for (const part of [".banner nav", ".seek", "footer", ".tools", ".viewer"])
			checks.check(!(await page.locator(part).first().isVisible()), `${label} on paper: ${part} is not printed`);
		if (label === "page-words")
			checks.check(await page.locator(".plate img").isVisible(), "the picture is printed");
		const pdf = await page.pdf({format: "A4", margin: {top: "2cm", bottom: "2cm", left: "2cm", right: "2cm"}});
		checks.check(pdf.subarray(0, 5).toString() === "%PDF-", `${label} on paper`);
		if (pictures)
			fs.writeFileSync(path.join(pictures, `${label}.pdf`), pdf);
		await page.close();
	}
	await context.close();
}
await paper();

// ---- from right to left

async function rightToLeft() {
	const context = await browser.newContext({...DESK, locale: "en"}), page = await open(context, "r/ar/read", 200, "Arabic");
	const found = await page.evaluate(() => {
		const block = document.querySelector(".text p"), note = document.querySelector(".note"), text = document.querySelector(".text section");
		return {direction: getComputedStyle(block).direction, lang: block.closest("[lang]").lang, title: getComputedStyle(document.querySelector("h1")).direction, page: getComputedStyle(document.body).direction,
			note: note?.getBoundingClientRect().right, text: text.getBoundingClientRect().left + text.getBoundingClientRect().width / 2};
	});
	checks.check(found.direction === "rtl" && found.lang === "ar" && found.page === "ltr", `Arabic stands from right to left, the interface as it is: ${JSON.stringify(found)}`);
	checks.check(found.note !== undefined && found.note <= found.text, `its notes stand in the margin on the left: ${JSON.stringify(found)}`);
	await context.close();
}
await rightToLeft();

await browser.close();
await archive.end();
checks.end();
