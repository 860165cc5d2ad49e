/* "Check it here": fetches file and receipt from the archive, and verifies them in this browser against a policy that the reader may replace. What verifies is fetched when it
 * is asked for. */
const section = document.getElementById("proof");
const policy = section?.querySelector("textarea");

class Unanswered extends Error {
	constructor(status, url) {
		super();
		this.values = [status, decodeURIComponent(url)];
	}
}

async function bytes(url) {
	const answer = await fetch(url, {cache: "no-cache", credentials: "same-origin"});
	if (!answer.ok)
		throw new Unanswered(answer.status, url);
	return new Uint8Array(await answer.arrayBuffer());
}

function paragraph(text, language) {
	const line = document.createElement("p");
	line.textContent = text;
	line.lang = language;
	return line;
}

async function check(row, output) {
	const [{verify}, {say, spoken}] = await Promise.all([import("./verify.js"), import("./verify-words.js")]);
	const language = spoken([document.documentElement.lang]);
	output.className = "";
	output.replaceChildren(paragraph(say(language, "checking"), language));
	let result;
	try {
		const files = [...(row.dataset.all === undefined ? [row] : section.querySelectorAll("[data-file]"))];
		result = await verify({
			files: await Promise.all(files.map(async (one) => ({name: one.dataset.name, bytes: await bytes(one.dataset.file)}))),
			receipt: await bytes(row.dataset.receipt), policy: new TextEncoder().encode(policy.value.trim() + "\n"), language,
		});
	} catch (error) {
		const [why, reason] = error instanceof Unanswered ? [say(language, "answered", ...error.values), null] : [say(language, "unread"), error.message];
		result = {verified: false, lines: [say(language, "no", why)], reason};
	}
	output.className = result.verified ? "proof-yes" : "proof-no";
	output.replaceChildren(...[...result.lines, ...(result.notes ?? [])].map((text) => paragraph(text, language)), ...(result.reason ? [paragraph(result.reason, "en")] : []));
	output.dataset.verified = String(result.verified);
}

for (const row of section?.querySelectorAll("[data-receipt]") ?? []) {
	const button = row.querySelector("button"), output = row.querySelector("output");
	button.hidden = false;
	button.addEventListener("click", () => check(row, output));
}
if (policy) {
	const file = section.querySelector("input[type=file]");
	section.querySelector("[data-policy]").hidden = false;
	file.addEventListener("change", async () => (policy.value = await file.files[0].text()));
}
