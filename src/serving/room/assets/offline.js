/* The page that is saved and used without a network: files in, answer out. Everything is shown as text, never as markup. */
import {say, spoken} from "./verify-words.js";
import {verify} from "./verify.js";

const language = spoken(navigator.languages), tell = (...words) => say(language, ...words);
const at = (id) => document.getElementById(id), dropped = {files: [], receipt: null, policies: []};

function show(result) {
	const box = document.createElement("div");
	box.className = result.verified ? "yes" : "no";
	const add = (text, tongue = language) => {
		const line = document.createElement("p");
		line.lang = tongue;
		line.textContent = text;
		box.append(line);
	};
	[...result.lines, ...(result.notes ?? [])].forEach((text) => add(text));
	for (const file of result.files)
		add(file.result !== "same" ? tell(`file-${file.result}`, file.given) : file.path === file.given ? tell("same", file.given) : tell("same-as", file.given, file.path));
	if (result.reason)
		add(result.reason, "en");
	at("result").replaceChildren(box);
	document.body.dataset.verified = String(result.verified);
	document.body.dataset.step = result.step ?? "";
}

async function check() {
	const files = [...(at("files").files.length > 0 ? at("files").files : dropped.files)];
	const receipt = at("receipt").files[0] ?? dropped.receipt, typed = at("policy-text").value.trim();
	const policies = [...(typed !== "" ? [new Blob([typed + "\n"])] : []), ...at("policy").files, ...dropped.policies], policy = policies[0];
	const lacks = [[files.length === 0, "a-document"], [!receipt, "a-receipt"], [!policy, "a-policy"]].filter(([no]) => no).map(([, what]) => tell(what));
	if (lacks.length > 0)
		return show({verified: false, step: "given", files: [], lines: [tell("give", lacks.join(", "))]});
	at("result").textContent = tell("checking");
	try {
		/* Among somebody's documents may be a policy of his own: which one is trusted is said by the reader, never by the order of files. */
		if (new Set((await Promise.all(policies.map((one) => one.text()))).map((text) => text.trim())).size > 1)
			return show({verified: false, step: "given", files: [], lines: [tell("several", policies.map((one) => one.name ?? tell("as-text")).join(", "))]});
		const bytes = async (file) => new Uint8Array(await file.arrayBuffer());
		show(await verify({files: files.map((file) => ({name: file.name, blob: file})), receipt: await bytes(receipt), policy: await bytes(policy), language}));
	} catch (error) {
		show({verified: false, step: "browser", files: [], lines: [tell("no", tell("unread"))], reason: error.message});
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
	at("drop").textContent = tell("given", names.join(", "));
	if (dropped.files.length > 0 && dropped.receipt && (dropped.policies.length > 0 || at("policy").files.length > 0 || at("policy-text").value.trim() !== ""))
		await check();
});
at("given").addEventListener("submit", (event) => {
	event.preventDefault();
	check();
});

document.documentElement.lang = language;
document.title = tell("title");
for (const element of document.querySelectorAll("[data-word]"))
	element.textContent = tell(element.dataset.word);
