/* "Check it here": fetches file and receipt from the archive, and verifies them in this browser against a policy that the reader may replace. */
import {verify} from "./verify.js";

const section = document.getElementById("proof");
const policy = section?.querySelector("textarea");

async function bytes(url) {
	const answer = await fetch(url, {cache: "no-cache", credentials: "same-origin"});
	if (!answer.ok)
		throw new Error(`the archive answered ${answer.status} for ${decodeURIComponent(url)}`);
	return new Uint8Array(await answer.arrayBuffer());
}

async function check(row, output) {
	output.className = "";
	output.textContent = "…";
	let result;
	try {
		const files = [...(row.dataset.all === undefined ? [row] : section.querySelectorAll("[data-file]"))];
		result = await verify({
			files: await Promise.all(files.map(async (one) => ({name: one.dataset.name, bytes: await bytes(one.dataset.file)}))),
			receipt: await bytes(row.dataset.receipt), policy: new TextEncoder().encode(policy.value.trim() + "\n"),
		});
	} catch (error) {
		result = {verified: false, step: "fetch", files: [], lines: [`not verified: ${error.message}`]};
	}
	output.className = result.verified ? "proof-yes" : "proof-no";
	output.replaceChildren(...[...result.lines, ...(result.notes ?? [])].map((text) => {
		const line = document.createElement("p");
		line.textContent = text;
		return line;
	}));
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
