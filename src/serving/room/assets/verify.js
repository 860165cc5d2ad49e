/* Does a photostat receipt prove that an archive kept these files? Checked here, in the reader's own browser, by nobody's word but
 * mathematics: docs/format/receipt.md and what it names, as `photostat verify` does it and in its words. P4.
 *
 * Needs WebCrypto (SHA-2, Ed25519) and nothing else; runs in a page, in a worker, in Node. Texts are kept as strings of bytes, one
 * character a byte, as the formats are; only what is shown to people is decoded. */

import {say} from "./verify-words.js";

const NOTE_MAX = 1 << 20, SIGNATURES_MAX = 128, NAME_MAX = 1024, PROOF_MAX = 96 << 20, PROOF_HASHES_MAX = 64;
const POLICY_MAX = 1 << 20, POLICY_ITEMS_MAX = 1024, WORDS_MAX = POLICY_ITEMS_MAX + 3;
const ENTRY_MAX = 65535, VERSION_MAX = 2n ** 32n - 1n, CONTENTS_MAX = 2n ** 32n - 1n, DISCLOSURE_MAX = 2 ** 30;
const U64_MAX = 2n ** 64n - 1n, NEVER = U64_MAX, COSIGNATURE_TIME_MAX = 2n ** 63n - 1n, SECONDS_MOST = 253402300799n;
const ED25519 = 1, COSIGNATURE = 4;

/* Why nothing is proven. `step` is one of policy, receipt, signature, inclusion, entry, contents, browser. The message is English, in the words of `photostat verify`;
 * `said`: a key of verify-words.js and what it is filled with, where all of the message is there in every language. */
export class Refusal extends Error {
	constructor(step, text, said = null) {
		super(text);
		this.step = step;
		this.said = said;
	}
	within(what) {
		return new Refusal(this.step, `${what}: ${this.message}`);
	}
}
const saidRefusal = (step, ...said) => new Refusal(step, say("en", ...said), said);

/* ---- bytes and texts ---- */

function bytesOf(text) {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++)
		bytes[i] = text.charCodeAt(i);
	return bytes;
}

function textOf(bytes) {
	let text = "";
	for (let i = 0; i < bytes.length; i += 8192)
		text += String.fromCharCode(...bytes.subarray(i, i + 8192));
	return text;
}

function utf8Valid(bytes) {
	try {
		new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(bytes);
		return true;
	} catch {
		return false;
	}
}

/* One character of well-formed UTF-8 (RFC 3629), else one byte. */
const CHARACTERS = new RegExp("[\\0-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]|" +
	"\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}|[^]", "g");

/* For people: what is not UTF-8, or could forge a line or turn it round, is escaped. */
export function printable(text) {
	return (text.match(CHARACTERS) ?? []).map((bytes) => {
		const c = bytes.length === 1 && bytes >= "\x80" ? null : new TextDecoder("utf-8", {ignoreBOM: true}).decode(bytesOf(bytes));
		if (c !== null && !/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(c))
			return c;
		return bytesOf(bytes).reduce((out, b) => out + "\\x" + b.toString(16).padStart(2, "0"), "");
	}).join("");
}

const base64Values = new Int8Array(256).fill(-1);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((c, i) => (base64Values[c.charCodeAt(0)] = i));

/* RFC 4648 section 4, padded, unused bits zero; anything else is null: a second spelling of the same bytes is refused. */
function base64(bytes) {
	const n = bytes.length;
	if (n % 4 !== 0)
		return null;
	const padding = n > 0 && bytes[n - 1] === 61 ? (bytes[n - 2] === 61 ? 2 : 1) : 0;
	const out = new Uint8Array((n / 4) * 3 - padding);
	for (let i = 0, o = 0; i < n; i += 4) {
		const pad = i + 4 === n ? padding : 0;
		const a = base64Values[bytes[i]], b = base64Values[bytes[i + 1]];
		const c = pad === 2 ? 0 : base64Values[bytes[i + 2]], d = pad >= 1 ? 0 : base64Values[bytes[i + 3]];
		if ((a | b | c | d) < 0 || (pad === 2 && (b & 15) !== 0) || (pad === 1 && (c & 3) !== 0))
			return null;
		out[o++] = (a << 2) | (b >> 4);
		if (pad < 2)
			out[o++] = ((b & 15) << 4) | (c >> 2);
		if (pad < 1)
			out[o++] = ((c & 3) << 6) | d;
	}
	return out;
}

const base64Text = (text, size) => {
	const bytes = base64(bytesOf(text));
	return bytes !== null && (size === undefined || bytes.length === size) ? bytes : null;
};

function hex(bytes) {
	return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}

function unhex(text, size) {
	return text.length === 2 * size && /^[0-9a-f]*$/.test(text) ? Uint8Array.from(text.match(/../g), (h) => parseInt(h, 16)) : null;
}

/* Decimal digits, no sign, no leading zero; BigInt, or null. */
function decimal(text, most) {
	if (!/^(0|[1-9][0-9]{0,19})$/.test(text))
		return null;
	const value = BigInt(text);
	return value <= most ? value : null;
}

const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function compareBytes(a, b) {
	const n = Math.min(a.length, b.length);
	for (let i = 0; i < n; i++)
		if (a[i] !== b[i])
			return a[i] - b[i];
	return a.length - b.length;
}

function concat(pieces) {
	const out = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const piece of pieces) {
		out.set(piece, at);
		at += piece.length;
	}
	return out;
}

function u64(value) {
	const out = new Uint8Array(8);
	new DataView(out.buffer).setBigUint64(0, BigInt(value));
	return out;
}

const be64 = (bytes, at) => new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0);

/* Cuts lines off; what has no newline is no line. */
class Lines {
	constructor(text) {
		this.text = text;
		this.at = 0;
	}
	next() {
		const end = this.text.indexOf("\n", this.at);
		if (end < 0)
			return null;
		const line = this.text.slice(this.at, end);
		this.at = end + 1;
		return line;
	}
	get rest() {
		return this.text.slice(this.at);
	}
}

/* ---- cryptography: the browser's ---- */

function subtle() {
	if (globalThis.crypto?.subtle === undefined)
		throw saidRefusal("browser", "insecure");
	return globalThis.crypto.subtle;
}

async function digest(algorithm, bytes) {
	return new Uint8Array(await subtle().digest(algorithm === "sha512" ? "SHA-512" : "SHA-256", bytes));
}

const sha256 = (...pieces) => digest("sha256", concat(pieces));

/* H of docs/format/contents.md: SHA-256 over fields, each behind its length. Texts are bytes, one character each. */
function framed(...fields) {
	const pieces = [];
	for (const field of fields) {
		const bytes = typeof field === "string" ? bytesOf(field) : field;
		pieces.push(u64(bytes.length), bytes);
	}
	return sha256(...pieces);
}

async function ed25519(key, message, signature) {
	const known = await subtle().importKey("raw", key, {name: "Ed25519"}, false, ["verify"]);
	return await subtle().verify({name: "Ed25519"}, known, signature, message);
}

/* RFC 8032, section 7.1, test 2, and the same with one bit turned: a browser that has no Ed25519, or one that says yes to
 * everything, is told from one that can. */
let able;
function mustVerifySignatures() {
	able ??= (async () => {
		const key = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", 32), message = Uint8Array.of(0x72);
		const good = unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
			"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", 64);
		const bad = good.slice();
		bad[0] ^= 1;
		try {
			return (await ed25519(key, message, good)) && !(await ed25519(key, message, bad));
		} catch (error) {
			if (error instanceof Refusal)
				throw error;
			return false;
		}
	})();
	return able.then((yes) => {
		if (!yes)
			throw saidRefusal("browser", "no-ed25519");
	});
}

async function signatureGood(key, message, signature) {
	try {
		return await ed25519(key, message, signature);
	} catch {
		return false; /* a key that is no point of the curve: nothing verifies under it */
	}
}

/* ---- keys (c2sp.org/signed-note) ---- */

const WIDE_SPACE = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function nameOpaque(name) {
	return name.length > 0 && !/[\u0000- +]/.test(name);
}

function nameValid(name) {
	const bytes = bytesOf(name);
	return nameOpaque(name) && utf8Valid(bytes) && !WIDE_SPACE.test(new TextDecoder().decode(bytes));
}

async function keyRead(text) {
	const wrong = (what) => new Refusal("policy", what);
	const first = text.indexOf("+"), second = first < 0 ? -1 : text.indexOf("+", first + 1);
	if (second < 0)
		throw wrong("not a verifier key: its form is NAME+ID+KEY");
	const name = text.slice(0, first), id = text.slice(first + 1, second), material = base64Text(text.slice(second + 1));
	if (name.length > NAME_MAX)
		throw wrong(`a key name of ${name.length} bytes is longer than the ${NAME_MAX} we take`);
	if (!nameOpaque(name))
		throw wrong(`"${printable(name)}" cannot name a key: a key name has no spaces and no plus sign`);
	if (unhex(id, 4) === null)
		throw wrong("the verifier key's id is not eight lower-case hexadecimal digits");
	if (material === null || material.length === 0)
		throw wrong("the verifier key's last part is not base64 in its only correct form");
	const type = material[0];
	if (type !== ED25519 && type !== COSIGNATURE)
		throw wrong(`the verifier key is of type 0x${hex([type])}: this program takes Ed25519 keys (0x01) and Ed25519 cosignature keys (0x04)`);
	if (material.length !== 33)
		throw wrong(`the verifier key holds ${material.length - 1} bytes of key instead of 32`);
	const key = material.slice(1), true_id = hex((await sha256(bytesOf(name), [10, type], key)).subarray(0, 4));
	if (id !== true_id)
		throw wrong(`the verifier key of ${printable(name)} says id ${id}, but name and key give ${true_id}: copy it again`);
	return {name, id, type, key};
}

/* ---- policies (c2sp.org/tlog-policy) ---- */

/* Whose signatures count. `bytes`: Uint8Array. Refusal names the line. */
export async function readPolicy(bytes) {
	if (bytes.length > POLICY_MAX)
		throw new Refusal("policy", `a policy of ${bytes.length} bytes is larger than the ${POLICY_MAX} we take`);
	const policy = {logs: [], witnesses: [], groups: 0, items: new Map(), quorum: undefined};
	const lines = new Lines(textOf(bytes));
	let number = 1, line;
	for (; (line = lines.next()) !== null; number++)
		try {
			await policyLine(policy, line);
		} catch (error) {
			throw error instanceof Refusal ? error.within(`policy line ${number}`) : error;
		}
	if (lines.rest !== "")
		throw new Refusal("policy", `policy line ${number}: the last line does not end with a newline`);
	if (policy.quorum === undefined)
		throw new Refusal("policy", `policy line ${number}: the file ends without a quorum line; "quorum none" asks for no witness`);
	return policy;
}

async function policyLine(policy, text) {
	const wrong = (what) => new Refusal("policy", what);
	const control = /[\u0000-\u0008\u000a-\u001f\u007f]/.exec(text);
	if (control)
		throw wrong(`the control character 0x${hex(bytesOf(control[0]))} is not allowed`);
	let words = text.split(/[ \t]+/).filter((word) => word !== "");
	if (words.length === 0 || words[0].startsWith("#"))
		return;
	if (words.length > WORDS_MAX)
		throw wrong(`more than ${WORDS_MAX} words`);
	const want = (least, most, form) => {
		if (words.length < least || words.length > most)
			throw wrong(`the form of this line is "${form}"`);
	};
	const room = (count, what) => {
		if (count === POLICY_ITEMS_MAX)
			throw wrong(`more than the ${POLICY_ITEMS_MAX} ${what} we take`);
	};
	const addKey = async (keys, word, type, what) => {
		const key = await keyRead(word);
		if (key.type !== type)
			throw wrong(`the key of a ${what} must be of type 0x${hex([type])} (${type === ED25519 ? "Ed25519" : "Ed25519 cosignature"}), ` +
				`this one is of type 0x${hex([key.type])}`);
		const same = keys.find((other) => equal(other.key, key.key));
		if (same)
			throw wrong(`this ${what} has the same public key as ${printable(same.name)}+${same.id} above`);
		keys.push(key);
	};
	const addItem = (name, item) => {
		if (name === "none")
			throw wrong('the name "none" is taken: it stands for no witnesses');
		if (policy.items.has(name))
			throw wrong(`the name "${printable(name)}" is already that of a ${policy.items.get(name).members ? "group" : "witness"}`);
		policy.items.set(name, item);
	};
	const find = (name) => {
		const item = policy.items.get(name);
		if (item === undefined)
			throw wrong(`no line above defines "${printable(name)}"`);
		return item;
	};
	switch (words[0]) {
	case "log":
		want(2, 3, "log VKEY [URL]");
		room(policy.logs.length, "logs");
		return await addKey(policy.logs, words[1], ED25519, "log");
	case "witness":
		want(3, 4, "witness NAME VKEY [URL]");
		room(policy.witnesses.length, "witnesses");
		await addKey(policy.witnesses, words[2], COSIGNATURE, "witness");
		return addItem(words[1], {witness: policy.witnesses.length - 1});
	case "group": {
		want(4, WORDS_MAX, "group NAME all|any|NUMBER MEMBER...");
		room(policy.groups, "groups");
		const names = words.slice(3), numbers = {any: 1n, all: BigInt(names.length)};
		const threshold = Object.hasOwn(numbers, words[2]) ? numbers[words[2]] : decimal(words[2], BigInt(names.length));
		if (threshold === null || threshold < 1n)
			throw wrong(`the threshold "${printable(words[2])}" is not "any", "all" or a number from 1 to ${names.length}, the members listed`);
		const members = names.map((name) => {
			if (name === "none")
				throw wrong('"none" cannot be a member of a group');
			const member = find(name);
			if (member.taken)
				throw wrong(`"${printable(name)}" is already a member of a group: it can count only once`);
			member.taken = true;
			return member;
		});
		addItem(words[1], {members, threshold: Number(threshold)});
		policy.groups++;
		return;
	}
	case "quorum":
		want(2, 2, "quorum NAME");
		if (policy.quorum !== undefined)
			throw wrong("a second quorum line: there must be exactly one");
		policy.quorum = words[1] === "none" ? null : find(words[1]);
		return;
	default:
		throw wrong(`"${printable(words[0])}" is not one of log, witness, group, quorum`);
	}
}

/* ---- notes and checkpoints (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature) ---- */

function noteRead(bytes) {
	const wrong = (what) => new Refusal("receipt", what);
	if (bytes.length > NOTE_MAX)
		throw wrong(`a note of ${bytes.length} bytes is larger than the ${NOTE_MAX} we take`);
	const control = bytes.findIndex((byte) => byte < 32 && byte !== 10);
	if (control >= 0)
		throw wrong(`the note has the control character 0x${hex([bytes[control]])} at byte ${control}`);
	if (!utf8Valid(bytes))
		throw wrong("the note is not UTF-8");
	const whole = textOf(bytes), split = whole.lastIndexOf("\n\n");
	if (split < 0)
		throw wrong("not a signed note: no empty line parts text and signatures");
	const lines = new Lines(whole.slice(split + 2)), signatures = [];
	if (lines.rest === "")
		throw wrong("the note has no signature");
	for (let line; (line = lines.next()) !== null;) {
		if (signatures.length === SIGNATURES_MAX)
			throw wrong(`the note has more than the ${SIGNATURES_MAX} signatures we take`);
		try {
			signatures.push(signatureRead(line));
		} catch (error) {
			throw error.within(`signature line ${signatures.length + 1} of the note`);
		}
	}
	if (lines.rest !== "")
		throw wrong("the note's last signature line does not end with a newline");
	return {text: whole.slice(0, split + 1), signatures};
}

function signatureRead(line) {
	const wrong = (what) => new Refusal("receipt", what), start = "\u00e2\u0080\u0094 "; /* the bytes of an em dash, and a space */
	if (!line.startsWith(start))
		throw wrong("it does not start with an em dash and a space");
	const space = line.indexOf(" ", start.length);
	if (space < 0)
		throw wrong("it has no signature behind the key name");
	const name = line.slice(start.length, space), bytes = base64Text(line.slice(space + 1));
	if (!nameValid(name))
		throw wrong(`"${printable(name)}" cannot name a key`);
	if (bytes === null)
		throw wrong(`the signature of ${printable(name)} is not base64 in its only correct form`);
	if (bytes.length <= 4)
		throw wrong(`the signature of ${printable(name)} is only ${bytes.length} bytes long`);
	return {name, id: hex(bytes.subarray(0, 4)), bytes: bytes.subarray(4)};
}

function checkpointRead(text) {
	const wrong = (what) => new Refusal("receipt", `not a checkpoint: ${what}`), lines = new Lines(text);
	const origin = lines.next();
	if (!origin)
		throw wrong("its first line, the log's origin, is missing or empty");
	const size = decimal(lines.next() ?? "", U64_MAX);
	if (size === null)
		throw wrong("its second line is not the size of a tree");
	const root = base64Text(lines.next() ?? "", 32);
	if (root === null)
		throw wrong("its third line is not a root hash in base64");
	for (let line; (line = lines.next()) !== null;)
		if (line === "")
			throw wrong("it has an empty extension line");
	if (lines.rest !== "")
		throw wrong("its last line does not end with a newline");
	return {origin, size, root};
}

/* The time of its cosignature (0n of a log's signature), or null: no line of this key. A known key's line that does not verify, or
 * two of them, spoil the note. */
async function noteVerify(note, key) {
	const found = note.signatures.filter((signature) => signature.id === key.id && signature.name === key.name);
	const shown = `${printable(key.name)}+${key.id}`;
	if (found.length === 0)
		return null;
	if (found.length > 1)
		throw new Refusal("signature", `the note has two signature lines of the key ${shown}`);
	let bytes = found[0].bytes, time = 0n, message = note.text, good = bytes.length === (key.type === COSIGNATURE ? 72 : 64);
	if (good && key.type === COSIGNATURE) {
		time = be64(bytes, 0);
		bytes = bytes.subarray(8);
		message = `cosignature/v1\ntime ${time}\n${message}`;
		good = time <= COSIGNATURE_TIME_MAX;
	}
	if (!good || !(await signatureGood(key.key, bytesOf(message), bytes)))
		throw new Refusal("signature", `the signature of the key ${shown} does not verify`);
	return time;
}

/* When each had witnessed: a witness when it cosigned, a group when as many of its members had as its threshold says. Groups are of
 * lines above them, so that the depth is bounded by their number; `times` keeps it linear. */
function quorumTime(policy, cosigned) {
	const times = new Map();
	for (const item of policy.items.values())
		times.set(item, item.members === undefined ? cosigned[item.witness] :
			item.members.map((member) => times.get(member)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[item.threshold - 1]);
	return times.get(policy.quorum);
}

async function policyCheck(policy, noteBytes) {
	const note = noteRead(noteBytes), checkpoint = checkpointRead(note.text), origin = printable(checkpoint.origin);
	let log = null, other = null;
	await mustVerifySignatures();
	for (const key of policy.logs) {
		if ((await noteVerify(note, key)) === null)
			continue;
		if (key.name !== checkpoint.origin)
			other = key;
		else
			log ??= key;
	}
	if (log === null && other !== null)
		throw new Refusal("signature", `the checkpoint is of "${origin}" but signed by the log ${printable(other.name)}`);
	if (log === null)
		throw new Refusal("signature", `no log of the policy signed the checkpoint of "${origin}"`);
	const cosigned = [];
	let witnesses = 0;
	for (const key of policy.witnesses) {
		const time = await noteVerify(note, key);
		cosigned.push(time ?? NEVER);
		witnesses += time !== null;
	}
	const verdict = {checkpoint, witnesses, witnessesKnown: policy.witnesses.length, quorum: true, quorumTime: 0n};
	if (policy.quorum !== null) {
		const time = quorumTime(policy, cosigned);
		verdict.quorum = time !== NEVER;
		verdict.quorumTime = verdict.quorum ? time : 0n;
	}
	return verdict;
}

/* ---- proofs (c2sp.org/tlog-proof, RFC 6962 section 2.1.1) ---- */

function proofRead(bytes) {
	const wrong = (what) => new Refusal("receipt", what);
	let at = 0;
	if (bytes.length > PROOF_MAX)
		throw wrong(`a proof of ${bytes.length} bytes is larger than the ${PROOF_MAX} we take`);
	const take = () => { /* bytes, for the extra line may be long */
		const end = bytes.indexOf(10, at);
		if (end < 0)
			return null;
		const line = bytes.subarray(at, end);
		at = end + 1;
		return line;
	};
	const starts = (line, text) => line !== null && textOf(line.subarray(0, text.length)) === text;
	let line = take(), extra = null;
	if (line === null || line.length !== 22 || !starts(line, "c2sp.org/tlog-proof@v1"))
		throw wrong('not a proof: its first line is not "c2sp.org/tlog-proof@v1"');
	line = take();
	if (line === null)
		throw wrong("the proof ends after its first line");
	if (starts(line, "extra ")) {
		extra = base64(line.subarray(6));
		if (extra === null)
			throw wrong("the proof's extra data is not base64 in its only correct form");
		if (extra.length === 0)
			throw wrong("the proof has an extra line without data");
		line = take();
		if (line === null)
			throw wrong("the proof ends after its extra data");
	}
	const index = starts(line, "index ") && line.length <= 26 ? decimal(textOf(line.subarray(6)), U64_MAX) : null;
	if (index === null)
		throw wrong('the proof lacks its line "index N" where it should stand');
	const hashes = [];
	for (;;) {
		line = take();
		if (line === null)
			throw wrong("the proof ends before its checkpoint");
		if (line.length === 0)
			break;
		if (hashes.length === PROOF_HASHES_MAX)
			throw wrong("the proof has more hashes than a tree can have levels");
		const hash = line.length === 44 ? base64(line) : null;
		if (hash === null || hash.length !== 32)
			throw wrong(`line ${hashes.length + 1} of the inclusion proof is not a hash in base64`);
		hashes.push(hash);
	}
	const checkpoint = bytes.subarray(at);
	try {
		checkpointRead(noteRead(checkpoint).text);
	} catch (error) {
		throw error.within("the proof's checkpoint");
	}
	return {extra, index, hashes, checkpoint};
}

async function inclusionVerify(entry, {index, hashes}, {size, root}) {
	const wrong = (what) => new Refusal("inclusion", `its entry is not in the log that the checkpoint signs: ${what}`);
	if (index >= size)
		throw wrong(`there is no entry ${index} in a tree of ${size}`);
	let hash = await sha256([0], entry), at = index, last = size - 1n;
	for (const sibling of hashes) {
		if (last === 0n)
			throw wrong(`a proof of ${hashes.length} hashes does not fit the sizes it is for`);
		if ((at & 1n) === 1n || at === last) {
			hash = await sha256([1], sibling, hash);
			for (; (at & 1n) === 0n && at !== 0n; at >>= 1n)
				last >>= 1n;
		} else {
			hash = await sha256([1], hash, sibling);
		}
		at >>= 1n;
		last >>= 1n;
	}
	if (last !== 0n)
		throw wrong(`a proof of ${hashes.length} hashes does not fit the sizes it is for`);
	if (!equal(hash, root))
		throw wrong(`the inclusion proof for entry ${index} does not lead to the root of the tree of ${size}`);
}

/* ---- entries (docs/format/entry.md): only a version has a receipt ---- */

function timeValid(text) {
	const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/.exec(text);
	if (parts === null)
		return false;
	const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
	const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
	const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && hour < 24 && minute < 60 && second < 60;
}

function originValid(origin) {
	const [host, ...segments] = origin.split("/"), [name, port, ...more] = host.split(":");
	return origin.length <= 200 && origin !== "none" && more.length === 0 &&
		(port === undefined || (decimal(port, 65535n) ?? 0n) > 0n) &&
		name.split(".").every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
		segments.every((segment) => /^[A-Za-z0-9._~-]+$/.test(segment) && segment !== "." && segment !== "..");
}

function recordValid(origin, record) {
	const start = `https://${origin}/r/`;
	if (record.startsWith("urn:uuid:"))
		return /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(record);
	return record.startsWith(start) && record.length - start.length <= 1000 &&
		record.slice(start.length).split("/").every((segment) => /^[a-z0-9][a-z0-9._-]{0,99}$/.test(segment));
}

function entryRead(bytes) {
	if (bytes.length > ENTRY_MAX)
		throw new Refusal("entry", `log entry is longer than ${ENTRY_MAX} bytes`);
	const lines = new Lines(textOf(bytes));
	let number = 0;
	const wrong = (what) => new Refusal("entry", `log entry, line ${number}: ${what}`);
	const take = (key) => {
		const line = lines.next();
		number++;
		if (line === null)
			throw new Refusal("entry", `log entry ends before its line ${number}, which should begin with "${key}"`);
		if (!line.startsWith(key + " ") || line.length < key.length + 2)
			throw wrong(`should be "${key}", a space and a value`);
		const value = line.slice(key.length + 1);
		if (/[\u0000-\u001f\u007f]|\u00c2[\u0080-\u009f]/.test(value) || !utf8Valid(bytesOf(value)))
			throw wrong("holds control characters or is not UTF-8");
		return value;
	};
	const kind = take("photostat.entry/v1");
	if (!["version", "access", "expunge", "key", "genesis", "end"].includes(kind))
		throw wrong("unknown kind of entry");
	const origin = take("origin");
	if (!originValid(origin))
		throw wrong('"origin" is not an origin');
	if (kind !== "version")
		return {kind, origin};
	const record = take("record");
	if (!recordValid(origin, record))
		throw wrong('"record" is not an id of this archive');
	const version = decimal(take("version"), VERSION_MAX);
	if (version === null || version < 1n)
		throw wrong('"version" is not a number in its range');
	const previous = take("previous");
	if (previous !== "none" && decimal(previous, U64_MAX - 1n) === null)
		throw wrong('"previous" is not the index of an entry');
	const time = take("time");
	if (!timeValid(time))
		throw wrong('"time" is not written YYYY-MM-DDThh:mm:ssZ');
	if (!/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(take("inventory")))
		throw wrong('"inventory" is not a sha256 or sha512 digest with its algorithm in front');
	const contents = /^sha256:([0-9a-f]{64})$/.exec(take("contents"));
	if (contents === null)
		throw wrong("is not sha256: and 64 lower-case hexadecimal digits");
	number++;
	if (lines.rest !== "")
		throw wrong("something follows the entry's last line");
	return {kind, origin, record, version, time, contents: unhex(contents[1], 32)};
}

/* ---- openings (docs/format/disclosure.md, contents.md) ---- */

const DISCLOSURE_MAGIC = "photostat.disclosure/v1\n", NODE = 41, WITHHELD = 48, LEAF = 20;

function pathValid(path) {
	return path.length > 0 && !path.includes("\0") && utf8Valid(bytesOf(path)) &&
		path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

function leafRead(bytes, at) {
	const wrong = (what) => new Refusal("contents", what);
	const cut = () => wrong("disclosure: cut short in a leaf, or a leaf's digest is neither sha256 nor sha512");
	const left = bytes.length - at, size = {1: 32, 2: 64}[bytes[at + 16]];
	if (left < LEAF || size === undefined || left < LEAF + size)
		throw cut();
	const kindAt = at + 17 + size, kindSize = bytes[kindAt], pathAt = kindAt + 1 + kindSize + 2;
	if (left < LEAF + size + kindSize)
		throw cut();
	const pathSize = bytes[pathAt - 2] * 256 + bytes[pathAt - 1];
	if (bytes.length - pathAt < pathSize)
		throw cut();
	const leaf = {
		position: be64(bytes, at), size: be64(bytes, at + 8), algorithm: size === 32 ? "sha256" : "sha512", digest: bytes.subarray(at + 17, kindAt),
		kind: textOf(bytes.subarray(kindAt + 1, pathAt - 2)), pathBytes: bytes.subarray(pathAt, pathAt + pathSize), end: pathAt + pathSize,
	};
	leaf.path = textOf(leaf.pathBytes);
	if (!/^[a-z][a-z0-9-]{0,31}$/.test(leaf.kind))
		throw wrong(`"${printable(leaf.kind)}" cannot be a kind of leaf`);
	if (!pathValid(leaf.path))
		throw wrong(`"${printable(leaf.path)}" cannot be the path of a file in a record`);
	return leaf;
}

function disclosureRead(bytes) {
	const wrong = (what) => new Refusal("contents", `disclosure: ${what}`), header = 24 + 32;
	if (bytes.length > DISCLOSURE_MAX)
		throw new Refusal("contents", `disclosure is longer than ${DISCLOSURE_MAX} bytes`);
	if (bytes.length < header || textOf(bytes.subarray(0, 24)) !== DISCLOSURE_MAGIC)
		throw wrong("does not begin as photostat.disclosure/v1 does");
	const n = be64(bytes, 24), counts = [32, 40, 48].map((at) => be64(bytes, at));
	if (n > CONTENTS_MAX)
		throw wrong("more leaves than a record can have");
	let left = bytes.length - header;
	[[NODE, "nodes"], [WITHHELD, "withheld subtrees"], [LEAF, "leaves"]].forEach(([size, what], i) => {
		if (counts[i] > BigInt(Math.floor(left / size)))
			throw wrong(`cut short in its ${what}`);
		left -= Number(counts[i]) * size;
	});
	const [nodes, withheld, count] = counts.map(Number), d = {n: Number(n), nodes: [], withheld: [], leaves: []};
	let at = header;
	for (let i = 0; i < nodes; i++, at += NODE)
		d.nodes.push({depth: bytes[at], index: be64(bytes, at + 1), salt: bytes.subarray(at + 9, at + NODE)});
	for (let i = 0; i < withheld; i++, at += WITHHELD)
		d.withheld.push({first: be64(bytes, at), end: be64(bytes, at + 8), hash: bytes.subarray(at + 16, at + WITHHELD)});
	for (let i = 0; i < count; i++) {
		const leaf = leafRead(bytes, at);
		if (i > 0 && compareBytes(d.leaves[i - 1].pathBytes, leaf.pathBytes) >= 0)
			throw wrong("leaves do not stand in the order of their paths");
		if (leaf.position >= n)
			throw wrong("a leaf stands outside the record");
		leaf.position = Number(leaf.position);
		at = leaf.end;
		d.leaves.push(leaf);
	}
	if (at !== bytes.length)
		throw wrong("something follows its last leaf");
	return d;
}

/* The one walk of disclosure.md over blocks [first, first + 2^height): says which nodes and subtrees there must be, compares them
 * with those that stand there, and gives back the tree that is to be hashed. Depth is at most 32. */
function disclosureShape(d) {
	const wrong = (what) => new Refusal("contents", `disclosure: ${what}`);
	const order = [...d.leaves].sort((a, b) => a.position - b.position);
	let node = 0, subtree = 0, depth = 0;
	for (let i = 1; i < order.length; i++)
		if (order[i].position === order[i - 1].position)
			throw new Refusal("contents", `disclosure: two leaves stand at position ${order[i].position}`);
	while (depth < 63 && 2 ** depth < d.n)
		depth++;
	const walk = (low, high, first, height) => {
		const end = Math.min(first + 2 ** height, d.n), middle = first + 2 ** (height - 1);
		if (low === high) {
			const there = d.withheld[subtree++];
			if (there === undefined || there.first !== BigInt(first) || there.end !== BigInt(end))
				throw wrong("its withheld subtrees are not exactly what it does not open");
			return {hash: there.hash};
		}
		if (high - low === end - first) {
			const there = d.nodes[node++];
			if (there === undefined || there.depth !== depth - height || there.index !== BigInt(first / 2 ** height))
				throw wrong("its nodes do not cover exactly the leaves that it opens");
			return {salt: there.salt, leaves: order.slice(low, high), height};
		}
		if (middle >= d.n)
			return walk(low, high, first, height - 1);
		let from = low;
		for (let to = high; from < to;) {
			const between = (from + to) >> 1;
			if (order[between].position < middle)
				from = between + 1;
			else
				to = between;
		}
		const left = walk(low, from, first, height - 1);
		return {left, right: walk(from, high, middle, height - 1)};
	};
	const shape = d.n === 0 ? null : walk(0, order.length, 0, depth);
	if (node !== d.nodes.length || subtree !== d.withheld.length)
		throw wrong("it holds nodes or subtrees that its shape has no place for");
	return shape;
}

/* Both, side by side where they are small: a browser hashes in other threads, but not without end. */
async function both(height, left, right) {
	if (height <= 6)
		return await Promise.all([left(), right()]);
	return [await left(), await right()];
}

const joined = async (hashes) => framed("photostat.node/v1", hashes[0], hashes[1]);

/* All of a block is opened: its salts come from the one above them. */
async function openedHash(salt, leaves, low, high, height) {
	if (height === 0) {
		const leaf = leaves[low];
		return framed("photostat.leaf/v1", leaf.kind, salt, leaf.pathBytes, u64(leaf.size), `${leaf.algorithm}:${hex(leaf.digest)}`);
	}
	const middle = Math.min(low + 2 ** (height - 1), high), child = (side) => framed("photostat.ggm/v1", salt, [side]);
	const left = async () => openedHash(await child(0), leaves, low, middle, height - 1);
	if (middle === high)
		return left();
	return joined(await both(height, left, async () => openedHash(await child(1), leaves, middle, high, height - 1)));
}

async function shapeHash(shape) {
	if (shape === null)
		return framed("photostat.empty/v1");
	if (shape.hash !== undefined)
		return shape.hash;
	if (shape.salt !== undefined)
		return openedHash(shape.salt, shape.leaves, 0, shape.leaves.length, shape.height);
	return joined([await shapeHash(shape.left), await shapeHash(shape.right)]);
}

/* ---- receipts (docs/format/receipt.md) ---- */

function extraSplit(extra) {
	const wrong = (what) => new Refusal("receipt", what);
	let at = 0;
	const take = () => {
		if (extra.length - at < 8)
			return null;
		const size = be64(extra, at);
		if (size > BigInt(extra.length - at - 8))
			return null;
		const field = extra.subarray(at + 8, at + 8 + Number(size));
		at += 8 + Number(size);
		return field;
	};
	const magic = take();
	if (magic === null || magic.length !== 20 || textOf(magic) !== "photostat.receipt/v1")
		throw wrong("its extra data is not a photostat.receipt/v1: not a receipt of a photostat archive, or of a newer kind");
	const scope = take(), entry = scope && take(), disclosure = entry && take();
	if (!disclosure || at !== extra.length)
		throw wrong("its extra data is cut short or too long");
	const word = textOf(scope.subarray(0, 8));
	if (scope.length > 7 || (word !== "version" && word !== "file"))
		throw wrong("it is neither of a version nor of a file");
	return {scope: word, entry, disclosure};
}

/* Proves all that can be proven without files, in the order of receipt.md; Refusal says what fails. Nothing of the extra data leaves
 * here before it is proven. */
export async function openReceipt(bytes, policy) {
	try {
		const proof = proofRead(bytes);
		if (proof.extra === null)
			throw new Refusal("receipt", "it carries no entry: a bare proof, not a receipt of a photostat archive");
		const {scope, entry: text, disclosure: opening} = extraSplit(proof.extra);
		const verdict = await policyCheck(policy, proof.checkpoint);
		await inclusionVerify(text, proof, verdict.checkpoint);
		const entry = entryRead(text);
		if (entry.origin !== verdict.checkpoint.origin)
			throw new Refusal("entry", `its entry is of ${entry.origin}, but the checkpoint of ${printable(verdict.checkpoint.origin)}`);
		if (entry.kind !== "version")
			throw new Refusal("entry", `its entry is of kind ${entry.kind}: only a version has a receipt`);
		const disclosure = disclosureRead(opening), shape = disclosureShape(disclosure);
		if (scope === "file" && disclosure.leaves.length !== 1)
			throw new Refusal("contents", `it is of one file but opens ${disclosure.leaves.length}`);
		const root = await framed("photostat.contents/v1", entry.origin, entry.record, u64(entry.version), u64(disclosure.n),
			await shapeHash(shape));
		if (!equal(root, entry.contents))
			throw new Refusal("contents", "the files that it names are not those that the entry commits to");
		return {scope, entry, index: proof.index, verdict, total: disclosure.n, leaves: disclosure.leaves};
	} catch (error) {
		throw error instanceof Refusal && error.step !== "browser" ? error.within("receipt") : error;
	}
}

/* ---- the verdict ---- */

/* Browsers hash what they hold in memory whole. */
export const FILE_MAX = 2 ** 30;

async function fileDigests(file, algorithms) {
	const size = file.bytes?.length ?? file.blob.size;
	if (size > FILE_MAX)
		throw saidRefusal("browser", "large", file.name, FILE_MAX);
	const bytes = file.bytes ?? new Uint8Array(await file.blob.arrayBuffer()), digests = new Map();
	for (const algorithm of algorithms)
		digests.set(algorithm, await digest(algorithm, bytes));
	return {size: BigInt(bytes.length), digests};
}

/* A given file is the leaf of the same bytes; its name decides only between equal ones. */
function matchFile(file, hashed, leaves, met) {
	let best = null;
	for (const leaf of leaves) {
		if (leaf.size !== hashed.size || !equal(leaf.digest, hashed.digests.get(leaf.algorithm)))
			continue;
		const named = textOf(new TextEncoder().encode(file.name)).endsWith(leaf.path);
		if (best === null || met.has(best) || named)
			best = leaf;
		if (named)
			met.add(leaf);
	}
	if (best !== null)
		met.add(best);
	return best;
}

function timeText(seconds) {
	return new Date(Number(seconds > SECONDS_MOST ? SECONDS_MOST : seconds) * 1000).toISOString().slice(0, 19) + "Z";
}

function sentences(receipt, files, language) {
	const {entry, verdict, index, total} = receipt, others = total - files, timed = verdict.quorumTime > 0n && verdict.quorumTime < COSIGNATURE_TIME_MAX;
	const lines = [say(language, "held", entry.origin, entry.record, entry.version)];
	if (others > 0)
		lines.push(say(language, "others", others));
	lines.push(say(language, "entry", index, entry.time));
	if (verdict.witnessesKnown === 0)
		lines.push(say(language, "alone"));
	else if (timed)
		lines.push(say(language, "cosigned-by", verdict.witnesses, verdict.witnessesKnown, timeText(verdict.quorumTime)));
	else
		lines.push(say(language, "cosigned", verdict.witnesses, verdict.witnessesKnown));
	lines.push(say(language, "unproven"));
	return lines;
}

/* In English the reason itself. In another language what it comes to; the reason, which names lines and bytes of formats, stands beside it in English. */
function refused(result, error, language) {
	const refusal = error instanceof Refusal, said = refusal ? error.said : null;
	result.step = refusal ? error.step : "program";
	if (said !== null) {
		result.lines = [say(language, "no", say(language, ...said))];
		return;
	}
	const reason = refusal ? error.message : `${say("en", "program")} (${error})`;
	if (language === "en") {
		result.lines = [say("en", "no", reason)];
		return;
	}
	result.lines = [say(language, "no", say(language, result.step === "entry" ? "entry-wrong" : result.step)) + "."];
	result.reason = reason;
}

/* Everything at once. files: [{name, bytes: Uint8Array}] or [{name, blob: Blob}]; receipt, policy: Uint8Array; language: one that verify-words.js has. Never throws.
 * {verified, step, lines, notes, files: [{result: same|differs|lacks, given, path, size, digest}], verdict}: `step` names what failed, if not
 * verified: policy, receipt, signature, inclusion, entry, contents, file, quorum, browser, program; `lines` are the sentences for people, `notes` what else they should know, both in their language; `reason`
 * is more of it in English, or null. */
export async function verify({files, receipt: receiptBytes, policy: policyBytes, language = "en"}) {
	const result = {verified: false, step: "program", lines: [], notes: [], reason: null, files: [], verdict: null};
	try {
		const policy = await readPolicy(policyBytes), receipt = await openReceipt(receiptBytes, policy);
		const leaves = receipt.leaves.filter((leaf) => leaf.kind === "file"), met = new Set();
		const algorithms = new Set(leaves.map((leaf) => leaf.algorithm)), {entry, verdict} = receipt;
		const shown = (leaf) => ({path: printable(leaf.path), size: leaf.size, digest: `${leaf.algorithm}:${hex(leaf.digest)}`});
		let wrong = 0, lacking = 0;
		if (leaves.length === 0 && files.length > 0)
			throw new Refusal("contents", "the receipt discloses no file");
		for (const file of files) {
			const leaf = matchFile(file, await fileDigests(file, algorithms), leaves, met);
			wrong += leaf === null;
			result.files.push({result: leaf === null ? "differs" : "same", given: file.name, ...(leaf === null ? {} : shown(leaf))});
		}
		for (const leaf of leaves) {
			if (met.has(leaf))
				continue;
			if (leaf.path === "photostat.json") {
				result.notes.push(say(language, "description"));
				continue;
			}
			lacking++;
			result.files.push({result: "lacks", given: printable(leaf.path), ...shown(leaf)});
		}
		result.verified = wrong === 0 && lacking === 0 && verdict.quorum && files.length > 0;
		result.step = result.verified ? null : wrong > 0 || lacking > 0 || files.length === 0 ? "file" : "quorum";
		result.lines = result.verified ? sentences(receipt, leaves.length, language) :
			[say(language, "no", say(language, wrong > 0 ? "differs" : lacking > 0 ? "lacks" : files.length === 0 ? "nothing" : "few"))];
		result.verdict = {
			origin: entry.origin, id: entry.record, version: entry.version, index: receipt.index, filesTotal: receipt.total,
			filesOpened: leaves.length, claimedTime: entry.time, witnesses: verdict.witnesses, witnessesKnown: verdict.witnessesKnown,
			quorum: verdict.quorum, witnessedBy: verdict.quorumTime > 0n && verdict.quorumTime < COSIGNATURE_TIME_MAX ?
				timeText(verdict.quorumTime) : null,
		};
	} catch (error) {
		refused(result, error, language);
	}
	return result;
}
