// For the tests beside this file: an archive in a folder of its own, its server, a browser. Where there is no Chromium, or `npm ci` was not run here, the test is skipped and
// says so.
import {execFileSync, spawn} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import zlib from "node:zlib";

export const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

export async function browserOrSkip() {
	try {
		const playwright = await import("playwright-core");
		fs.accessSync(chromium);
		return await playwright.chromium.launch({executablePath: chromium, args: ["--no-sandbox"]});
	} catch (error) {
		if (!["ERR_MODULE_NOT_FOUND", "ENOENT"].includes(error.code))
			throw error;
		console.log(`skipped: ${error.message}; it wants Chromium, and npm ci in tests/browser`);
		process.exit(77);
	}
}

export class Checks {
	failures = 0;
	check(yes, what) {
		if (!yes || process.env.PHOTOSTAT_TEST_LOUD)
			console.log(`${yes ? "ok" : "FAILED"}: ${what}`);
		this.count = (this.count ?? 0) + 1;
		this.failures += !yes;
	}
	end() {
		console.log(`${this.count} checks, ${this.failures} failed`);
		process.exit(this.failures === 0 && this.count > 0 ? 0 : 1);
	}
}

export async function ended(server) {
	if (server !== undefined && server.exitCode === null && server.signalCode === null) {
		const exit = new Promise((resolve) => server.once("exit", resolve));
		server.kill("SIGTERM");
		await exit;
	}
}

export class Archive {
	constructor(program, title) {
		this.program = path.resolve(program);
		this.work = fs.mkdtempSync(path.join(os.tmpdir(), "photostat-browser-"));
		this.run("init", "a", "--origin", "letters.example.org", "--title", title);
	}
	at(name) {
		return path.join(this.work, name);
	}
	write(name, content) {
		fs.mkdirSync(path.dirname(this.at(name)), {recursive: true});
		fs.writeFileSync(this.at(name), content);
	}
	run(...words) {
		return execFileSync(this.program, words, {cwd: this.work, stdio: ["ignore", "pipe", "pipe"]});
	}
	async serve() {
		this.server = spawn(this.program, ["serve", "-C", "a", "--listen", "127.0.0.1:0", "--json"], {cwd: this.work, stdio: ["ignore", "pipe", "inherit"]});
		const line = await new Promise((resolve) => readline.createInterface({input: this.server.stdout}).once("line", resolve));
		this.base = `http://127.0.0.1:${JSON.parse(line).port}/`;
	}
	/* The server first, and with it what it began, which writes below `derived` until then. */
	async end() {
		await ended(this.server);
		fs.rmSync(this.work, {recursive: true, force: true});
	}
}

/* A grey PNG of white paper, with black where `boxes` are: [x, y, width, height]. */
export function pngOf(width, height, boxes) {
	const rows = Buffer.alloc((width + 1) * height, 255);
	for (let y = 0; y < height; y++)
		rows[y * (width + 1)] = 0;
	for (const [x, y, w, h] of boxes)
		for (let row = y; row < y + h; row++)
			rows.fill(0, row * (width + 1) + 1 + x, row * (width + 1) + 1 + x + w);
	const chunk = (type, data) => {
		const body = Buffer.concat([Buffer.from(type, "latin1"), data]), out = Buffer.alloc(body.length + 8);
		out.writeUInt32BE(data.length, 0);
		body.copy(out, 4);
		out.writeUInt32BE(crc(body), body.length + 4);
		return out;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head[8] = 8;
	return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function crc(bytes) {
	let value = ~0;
	for (const byte of bytes) {
		value ^= byte;
		for (let bit = 0; bit < 8; bit++)
			value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
	}
	return ~value >>> 0;
}

/* ALTO 4 for one page: words with their places. */
export function altoOf(width, height, words) {
	const lines = words.map(([text, x, y, w, h]) => `<TextLine HPOS="${x}" VPOS="${y}" WIDTH="${w}" HEIGHT="${h}">` +
		`<String CONTENT="${text}" HPOS="${x}" VPOS="${y}" WIDTH="${w}" HEIGHT="${h}"/></TextLine>`);
	return `<?xml version="1.0" encoding="UTF-8"?>\n<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>pixel</MeasurementUnit></Description>` +
		`<Layout><Page ID="p1" WIDTH="${width}" HEIGHT="${height}"><PrintSpace HPOS="0" VPOS="0" WIDTH="${width}" HEIGHT="${height}">` +
		`<TextBlock ID="b1" HPOS="0" VPOS="0" WIDTH="${width}" HEIGHT="${height}">${lines.join("")}</TextBlock></PrintSpace></Page></Layout></alto>\n`;
}
