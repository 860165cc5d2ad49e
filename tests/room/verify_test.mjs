// The verifier of the reader's browser against the vectors, and against `photostat verify`: the same answers in the same words, whatever is done to file,
// receipt and policy. P4. Arguments: the photostat program, the source folder. PHOTOSTAT_TEST_SEED repeats a run, PHOTOSTAT_TEST_FULL=1 makes it longer.
import {execFileSync, spawnSync} from "node:child_process";
import {webcrypto} from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [program, source] = process.argv.slice(2).map((word) => path.resolve(word));
globalThis.crypto ??= webcrypto; // Debian 12's Node has no global one, as browsers have
const {verify, readPolicy, openReceipt, Refusal} = await import(pathToFileURL(path.join(source, "src/serving/room/assets/verify.js")));
const seed = Number(process.env.PHOTOSTAT_TEST_SEED ?? Date.now() % 1000000), rounds = process.env.PHOTOSTAT_TEST_FULL === "1" ? 4000 : 200;
const work = fs.mkdtempSync(path.join(os.tmpdir(), "photostat-verify-"));
let failures = 0, checks = 0, state = seed || 1;

function random(below) { // xorshift32
	state ^= state << 13;
	state ^= state >>> 17;
	state ^= state << 5;
	return (state >>> 0) % below;
}
const pick = (list) => list[random(list.length)];
const bytes = (text) => new Uint8Array(Buffer.from(text, "latin1"));
const latin = (array) => Buffer.from(array).toString("latin1");

function check(yes, what) {
	checks++;
	if (yes)
		return;
	failures++;
	console.error(`FAILED: ${what}`);
}

// ---- vectors

const vectors = (name) => path.join(source, "tests/vectors", name);
const octets = (object, name) => object[name + "_hex"] !== undefined ? new Uint8Array(Buffer.from(object[name + "_hex"], "hex")) :
	new Uint8Array(Buffer.from(object[name], "utf8"));

for (const vector of JSON.parse(fs.readFileSync(vectors("receipt/vectors.json")))) {
	const receipt = fs.readFileSync(vectors(`receipt/${vector.receipt}`)), policy = fs.readFileSync(vectors(`receipt/${vector.policy}`));
	let opened = null;
	try {
		opened = await openReceipt(new Uint8Array(receipt), await readPolicy(new Uint8Array(policy)));
	} catch (error) {
		check(error instanceof Refusal, `${vector.name}: ${error.stack}`);
	}
	check((opened !== null) === vector.good, `receipt vector ${vector.name}: good is not ${vector.good}`);
	if (!vector.good || opened === null)
		continue;
	const told = {
		scope: opened.scope, record: opened.entry.record, version: Number(opened.entry.version), index: Number(opened.index),
		log_size: Number(opened.verdict.checkpoint.size), total: opened.total, quorum: opened.verdict.quorum,
		quorum_time: Number(opened.verdict.quorumTime),
		files: opened.leaves.map((leaf) => ({kind: leaf.kind, path: Buffer.from(leaf.pathBytes).toString("utf8"), size: Number(leaf.size),
			digest: `${leaf.algorithm}:${Buffer.from(leaf.digest).toString("hex")}`})),
	};
	for (const [key, value] of Object.entries(told))
		check(JSON.stringify(value) === JSON.stringify(vector[key]), `receipt vector ${vector.name}: ${key} is ${JSON.stringify(value)}`);
	// The files themselves: their bytes are their path and a newline.
	const files = vector.files.map((file) => ({name: file.path, bytes: new Uint8Array(Buffer.from(file.path + "\n"))}));
	const result = await verify({files, receipt, policy});
	check(result.verified === (vector.quorum && files.length > 0), `receipt vector ${vector.name} with its files: ${result.lines}`);
	if (files.length === 0)
		continue;
	// `photostat verify` says the same of them: among them are some by sha256 beside one by sha512.
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "photostat-vector-"));
	for (const file of files) {
		fs.mkdirSync(path.dirname(path.join(folder, file.name)), {recursive: true});
		fs.writeFileSync(path.join(folder, file.name), file.bytes);
	}
	const words = ["--receipt", vectors(`receipt/${vector.receipt}`), "--policy", vectors(`receipt/${vector.policy}`)];
	const there = spawnSync(program, ["verify", ...files.map((file) => path.join(folder, file.name)), ...words]);
	check((there.status === 0) === result.verified, `receipt vector ${vector.name}: here ${result.verified}, photostat verify ${there.status}: ${there.stdout}${there.stderr}`);
	fs.rmSync(folder, {recursive: true});
}

const policies = JSON.parse(fs.readFileSync(vectors("tlog/policies.json")));
for (const one of policies.good)
	await readPolicy(octets(one, "policy")).catch((error) => check(false, `good policy ${one.name}: ${error.message}`));
for (const one of policies.refused) {
	const refused = await readPolicy(octets(one, "policy")).then(() => null, (error) => error);
	check(refused instanceof Refusal, `policy ${one.name} is not refused: ${refused?.stack}`);
	check(one.line === undefined || new RegExp(`^policy line ${one.line}:`).test(refused?.message), `policy ${one.name}, line ${one.line}: ${refused?.message}`);
}

// ---- archives of the program's own

const run = (...words) => execFileSync(program, words, {cwd: work, stdio: ["ignore", "pipe", "pipe"]});
fs.mkdirSync(path.join(work, "folder"));
fs.writeFileSync(path.join(work, "letter.txt"), "Dear Anna,\nthe ice holds.\n");
fs.writeFileSync(path.join(work, "folder/a.txt"), "one page\n");
fs.writeFileSync(path.join(work, "folder/b.txt"), "another page\n");
fs.writeFileSync(path.join(work, "folder/c.bin"), Buffer.alloc(70000, 7));
for (const algorithm of ["sha256", "sha512"]) {
	run("init", algorithm, "--origin", `${algorithm}.example.org/archive`, "--digest", algorithm);
	run("deposit", "-C", algorithm, "letter.txt", "--id", "letter");
	run("deposit", "-C", algorithm, "folder", "--id", "pages");
	for (let i = 0; i < 5; i++)
		run("deposit", "-C", algorithm, "letter.txt", "--id", `copy-${i}`);
	run("receipt", "-C", algorithm, "letter", "letter.txt", "-o", `${algorithm}-letter`);
	run("receipt", "-C", algorithm, "letter", "-o", `${algorithm}-version`);
	run("receipt", "-C", algorithm, "pages", "-o", `${algorithm}-pages`);
	run("receipt", "-C", algorithm, "pages", "b.txt", "-o", `${algorithm}-b`);
	fs.writeFileSync(path.join(work, `${algorithm}-policy`), run("policy", "-C", algorithm));
}
const read = (name) => new Uint8Array(fs.readFileSync(path.join(work, name)));
const files = {"letter.txt": read("letter.txt"), "a.txt": read("folder/a.txt"), "b.txt": read("folder/b.txt"), "c.bin": read("folder/c.bin")};
const bases = [];
for (const algorithm of ["sha256", "sha512"]) {
	const policy = read(`${algorithm}-policy`), base = (receipt, ...names) => bases.push({
		name: `${algorithm} ${receipt}`, receipt: read(`${algorithm}-${receipt}`), policy, files: names.map((name) => ({name, bytes: files[name]}))});
	base("letter", "letter.txt");
	base("version", "letter.txt");
	base("pages", "a.txt", "b.txt", "c.bin");
	base("b", "b.txt");
}
const vector = (receipt, policy, ...names) => bases.push({
	name: `${receipt} under ${policy}`, receipt: new Uint8Array(fs.readFileSync(vectors(`receipt/${receipt}.tlog-proof`))),
	policy: new Uint8Array(fs.readFileSync(vectors(`receipt/${policy}.policy`))), files: names.map((name) => ({name, bytes: new Uint8Array(Buffer.from(name + "\n"))}))});
for (const policy of ["none", "two-of-three", "other"]) {
	vector("file", policy, "letter.txt");
	vector("file-one-witness", policy, "letter.txt");
	vector("file-two-witnesses", policy, "letter.txt");
}

// ---- what may be done to them

function twistBytes(array) {
	const out = Uint8Array.from(array), at = random(Math.max(1, out.length));
	switch (random(5)) {
	case 0: out[at] ^= 1 << random(8); return out;
	case 1: return out.subarray(0, at);
	case 2: return bytes(latin(out) + latin([random(256)]));
	case 3: return bytes(latin(out.subarray(0, at)) + latin([random(256)]) + latin(out.subarray(at)));
	default: return bytes(latin(out.subarray(0, at)) + latin(out.subarray(at + 1)));
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function twistLines(array) {
	const lines = latin(array).split("\n"), at = random(lines.length), line = lines[at];
	switch (random(9)) {
	case 0: lines.splice(at, 1); break;
	case 1: lines.splice(at, 0, line); break;
	case 2: lines.splice(at, 0, lines[random(lines.length)]); break;
	case 3: lines[at] = line + pick(["\r", " ", "=", "A", "\0", "\u00e2\u0080\u0094"]); break;
	case 4: lines[at] = line.replace(/[0-9]/, () => String(random(10))); break;
	case 5: lines[at] = line.replace(/([A-Za-z0-9+/])(=+)$/, (_, c, pad) => alphabet[(alphabet.indexOf(c) + 1 + random(3)) % 64] + pad); break;
	case 6: lines[at] = pick(["", " ", "#", "quorum none", "index 0", "extra ", "extra AAAA", "group g 1 x", "\u00e2\u0080\u0094 x AAAAAAA="]); break;
	case 7: lines[at] = line.replace(/ (\S+)/, (_, word) => ` ${pick(["00", "-1", "18446744073709551615", "18446744073709551616", word + word, "none", "any"])}`); break;
	default: [lines[at], lines[0]] = [lines[0], lines[at]];
	}
	return bytes(lines.join("\n"));
}

// Inside the extra data: encoded again, so that it is read.
function twistExtra(array) {
	return bytes(latin(array).replace(/^extra (.*)$/m, (_, base64) => {
		const extra = twistBytes(new Uint8Array(Buffer.from(base64, "base64")));
		return `extra ${Buffer.from(extra).toString("base64")}`;
	}));
}

function twistPolicy(array) {
	const text = latin(array);
	switch (random(6)) {
	case 0: return twistBytes(array);
	case 1: return bytes(text.replace(/^(group \S+) \S+/m, (_, start) => `${start} ${pick(["1", "2", "3", "4", "0", "any", "all", "01"])}`));
	case 2: return bytes(text.replace(/^quorum .*$/m, () => pick(["quorum none", "quorum one", "quorum  none ", "quorum none none", "quorum", "quorum none\nquorum none", ""])));
	case 3: return bytes(text.replace(/^log (\S+).*$/m, (line, key) => pick([`${line}\n${line}`, `log ${key} a b`, `log\t${key}`, `witness w ${key}`, "#" + line, ""])));
	default: return twistLines(array);
	}
}

function twist(base) {
	const out = {...base};
	for (let times = 1 + (random(8) === 0); times > 0; times--)
		switch (random(8)) {
		case 0: out.files = out.files.map((file, i) => i === 0 ? {...file, bytes: twistBytes(file.bytes)} : file); break;
		case 1: out.files = pick([[], out.files.slice(1), [...out.files, ...out.files], [...out.files, {name: "more.txt", bytes: bytes("more")}], base.files]); break;
		case 2: out.receipt = twistBytes(out.receipt); break;
		case 3: out.receipt = twistLines(out.receipt); break;
		case 4: out.receipt = twistExtra(out.receipt); break;
		case 5: out.receipt = pick(bases).receipt; break;
		case 6: out.policy = twistPolicy(out.policy); break;
		default: out.policy = pick(bases).policy;
		}
	return out;
}

// ---- the same answer, in the same words

async function compare(one, what) {
	const folder = path.join(work, "case");
	fs.rmSync(folder, {recursive: true, force: true});
	const words = ["verify"];
	one.files.forEach((file, i) => {
		fs.mkdirSync(path.join(folder, String(i)), {recursive: true});
		fs.writeFileSync(path.join(folder, String(i), file.name), file.bytes);
		words.push(path.join(folder, String(i), file.name));
	});
	fs.mkdirSync(folder, {recursive: true});
	fs.writeFileSync(path.join(folder, "receipt"), one.receipt);
	fs.writeFileSync(path.join(folder, "policy"), one.policy);
	const told = spawnSync(program, [...words, "--receipt", path.join(folder, "receipt"), "--policy", path.join(folder, "policy")], {encoding: "latin1"});
	const result = await verify({files: one.files, receipt: one.receipt, policy: one.policy});
	const told_lines = told.stdout.split("\n").filter((line) => /^(verified|not verified|That version|Entry|The policy|Cosigned|Not proven)/.test(line));
	const ours = result.lines.map((line) => Buffer.from(line).toString("latin1"));
	check(result.step !== "program", `${what}: ${result.lines}`);
	if (one.files.length === 0) { // a usage error there; here only: nothing is verified
		check(!result.verified, `${what}: verified without a file`);
		return result.verified;
	}
	check(told.status === 0 || told.status === 1, `${what}: photostat verify ended with ${told.status} ${told.stderr}`);
	check(result.verified === (told.status === 0), `${what}: here ${result.verified} (${result.lines}), there ${told.status} ${told.stdout}${told.stderr}`);
	if (told_lines.length > 0) {
		check(told_lines.join("\n") === ours.join("\n"), `${what}: other words:\n${ours.join("\n")}\n${told_lines.join("\n")}`);
	} else {
		// Refused before any file was looked at: the reason, behind the name of the file.
		const reason = told.stderr.replace(/^photostat: [^\n]*?\/case\/(receipt|policy): /, "").trimEnd();
		check(ours.length === 1 && ("not verified: " + reason.replace(/^photostat: /, "")).startsWith(ours[0].slice(0, 300)), `${what}: other reason:\n${ours[0]}\n${reason}`);
	}
	return result.verified;
}

console.log(`seed ${seed}, ${rounds} mutations`);
let good = 0;
for (const base of bases)
	good += await compare(base, base.name);
check(good >= 12, `only ${good} of the unchanged ones verify`);

// Chance may miss them: every piece of base64 in its other spellings, every line of a note twice, every hash and signature with one bit turned.
for (const base of bases.filter((one) => /^sha256 (letter|pages)|^file-two-witnesses under two/.test(one.name))) {
	const lines = latin(base.receipt).split("\n");
	for (let at = 0; at < lines.length; at++) {
		const found = /^(.*?)([A-Za-z0-9+/]{8,}={0,2})$/.exec(lines[at]);
		const others = lines[at] === "" ? [] : [[lines[at], lines[at]]];
		if (found) {
			const [, before, text] = found, last = text.replace(/=+$/, ""), pad = text.slice(last.length), digit = alphabet.indexOf(last.at(-1));
			others.push([before + last], [before + last + "="], [before + text + "\r"], [before + text + "A"]);
			if (pad !== "")
				others.push([before + last.slice(0, -1) + alphabet[digit ^ 1] + pad]);
			const raw = Buffer.from(text, "base64");
			raw[random(raw.length)] ^= 1 << random(8);
			others.push([before + raw.toString("base64")]);
		}
		for (const other of others.filter((one) => one.length > 1 || one[0] !== lines[at])) {
			const receipt = bytes([...lines.slice(0, at), ...other, ...lines.slice(at + 1)].join("\n"));
			check(!(await compare({...base, receipt}, `${base.name}, line ${at + 1} as ${other.join(" and ").slice(0, 100)}`)), `${base.name}: line ${at + 1} as ${other[0].slice(0, 80)} verifies`);
		}
	}
}
let still = 0;
for (let i = 0; i < rounds; i++) {
	const base = pick(bases);
	still += await compare(twist(base), `mutation ${i} of ${base.name}, seed ${seed}`);
}
console.log(`${checks} checks, ${good} of ${bases.length} unchanged and ${still} of ${rounds} changed ones verify, ${failures} failed`);
fs.rmSync(work, {recursive: true, force: true});
process.exit(failures === 0 ? 0 : 1);
