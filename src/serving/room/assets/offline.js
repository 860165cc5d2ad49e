/* The page that is saved and used without a network: files in, answer out. Everything is shown as text, never as markup. */
import {verify} from "./verify.js";

const at = (id) => document.getElementById(id), dropped = {files: [], receipt: null, policies: []};

function show(result) {
	const box = document.createElement("div");
	box.className = result.verified ? "yes" : "no";
	const add = (text) => {
		const line = document.createElement("p");
		line.textContent = text;
		box.append(line);
	};
	[...result.lines, ...(result.notes ?? [])].forEach(add);
	for (const file of result.files)
		add(`${file.result}: ${file.given}${file.path !== undefined && file.path !== file.given ? ` is ${file.path}` : ""}`);
	at("result").replaceChildren(box);
	document.body.dataset.verified = String(result.verified);
	document.body.dataset.step = result.step ?? "";
}

async function check() {
	const files = [...(at("files").files.length > 0 ? at("files").files : dropped.files)];
	const receipt = at("receipt").files[0] ?? dropped.receipt, typed = at("policy-text").value.trim();
	const policies = [...(typed !== "" ? [new Blob([typed + "\n"])] : []), ...at("policy").files, ...dropped.policies], policy = policies[0];
	const lacks = [[files.length === 0, "a document"], [!receipt, "a receipt"], [!policy, "a policy"]].filter(([no]) => no).map(([, what]) => what);
	if (lacks.length > 0)
		return show({verified: false, step: "given", files: [], lines: [`Give ${lacks.join(" and ")} too.`]});
	at("result").textContent = "Checking …";
	try {
		/* Among somebody's documents may be a policy of his own: which one is trusted is said by the reader, never by the order of files. */
		if (new Set((await Promise.all(policies.map((one) => one.text()))).map((text) => text.trim())).size > 1)
			return show({verified: false, step: "given", files: [], lines: [
				`More than one policy was given (${policies.map((one) => one.name ?? "as text").join(", ")}): load this page again and give only the one whose keys you trust.`]});
		const bytes = async (file) => new Uint8Array(await file.arrayBuffer());
		show(await verify({files: files.map((file) => ({name: file.name, blob: file})), receipt: await bytes(receipt), policy: await bytes(policy)}));
	} catch (error) {
		show({verified: false, step: "browser", files: [], lines: [`not verified: a file could not be read (${error.message})`]});
	}
}

/* What is dropped is known by how it begins. */
async function take(file) {
	const head = await file.slice(0, 4096).text();
	if (head.startsWith("c2sp.org/tlog-proof@v1\n"))
		dropped.receipt = file;
	else if (file.name.endsWith(".policy") || (/^log \S+\+[0-9a-f]{8}\+/m.test(head) && /^quorum \S+$/m.test(head)))
		dropped.policies.push(file);
	else
		dropped.files.push(file);
}

document.addEventListener("dragover", (event) => {
	event.preventDefault();
	at("given").className = "over";
});
document.addEventListener("dragleave", () => (at("given").className = ""));
document.addEventListener("drop", async (event) => {
	event.preventDefault();
	at("given").className = "";
	for (const file of event.dataTransfer.files)
		await take(file);
	const names = [...dropped.files, dropped.receipt, ...dropped.policies].filter(Boolean).map((file) => file.name);
	at("drop").textContent = `Given: ${names.join(", ")}`;
	if (dropped.files.length > 0 && dropped.receipt && (dropped.policies.length > 0 || at("policy").files.length > 0 || at("policy-text").value.trim() !== ""))
		await check();
});
at("given").addEventListener("submit", (event) => {
	event.preventDefault();
	check();
});
