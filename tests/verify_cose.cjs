'use strict';
// The vectors of tests/vectors under a library of others: @auth0/cose verifies what it can, and beside it stand the
// rules PROTOCOL.md section 3 adds to COSE. Prints for each vector what was looked at and who refused it.
const { createHash, createPublicKey } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { inflateSync } = require('node:zlib');

const FOLDER = join(__dirname, 'vectors');
// Section 4 prints the dictionary of version 2 as indented hexadecimal.
const PROTOCOL = readFileSync(join(__dirname, '../protocol/PROTOCOL.md'), 'utf8');
const DICTIONARY = Buffer.from(PROTOCOL.match(/^  [0-9a-f]{40,80}$/gm).join('').replaceAll(' ', ''), 'hex');
const MIB = 1024 * 1024;
const P = 2n ** 255n - 19n;
// y of the points of order 1, 2, 4 and 8; the sign of x does not matter.
const SMALL_ORDER = new Set([
	1n, P - 1n, 0n,
	0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
	0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n,
]);

class Refused extends Error {}

function need(condition, what) {
	if (!condition)
		throw new Refused(what);
}

// Keys for boxes stand in the content, which COSE does not look into.
function layerOf(why) {
	return why.startsWith('key: X25519') ? 'content' : why.split(':')[0];
}

function vectors() {
	return readFileSync(join(FOLDER, 'index.tsv'), 'utf8').trimEnd().split('\n').map((line) => {
		const [name, verdict, purpose, hub, key, why] = line.split('\t');
		const text = readFileSync(join(FOLDER, `${name}.hex`), 'utf8').replace(/^#.*$/gm, '').replace(/\s/g, '');
		return { name, good: verdict === 'good', purpose, hub: Buffer.from(hub, 'hex'), key: Buffer.from(key, 'hex'),
			layer: verdict === 'good' ? '' : layerOf(why), data: Buffer.from(text, 'hex') };
	}).filter((v) => v.purpose !== 'cbor' && v.purpose !== 'courier');
}

function requireSoundPoint(bytes, what) {
	const y = BigInt('0x' + Buffer.from(bytes).reverse().toString('hex')) & (2n ** 255n - 1n);
	need(y < P, `${what} is not canonical`);
	need(!SMALL_ORDER.has(y), `${what} is of small order`);
}

// The length a head of a byte string announces, in its shortest form, and where the string begins.
function stringAt(data, at) {
	const info = data[at] & 31;
	need(data[at] >> 5 === 2 && info <= 26, 'form');
	const extra = info < 24 ? 0 : 1 << (info - 24);
	need(at + 1 + extra <= data.length, 'form');
	const length = extra === 0 ? info : data.readUIntBE(at + 1, extra);
	need(extra === 0 || length >= [0, 24, 256, 0, 65536][extra], 'form');
	need(at + 1 + extra + length <= data.length, 'form');
	return { start: at + 1 + extra, end: at + 1 + extra + length };
}

// Exactly the form of section 3, byte for byte; then the rules on keys.
function requireForm(v) {
	const kid = createHash('sha256').update(v.key).digest().subarray(0, 8);
	need(v.data.subarray(0, 8).equals(Buffer.from('d2844da201270448', 'hex')), 'form');
	need(v.data[16] === 0xa0, 'form');
	const payload = stringAt(v.data, 17);
	const signature = stringAt(v.data, payload.end);
	need(signature.end - signature.start === 64 && signature.end === v.data.length, 'form');
	need(v.data.subarray(8, 16).equals(kid), 'key id');
	requireSoundPoint(v.key, 'key');
	requireSoundPoint(v.data.subarray(signature.start, signature.start + 32), 'R');
	const content = v.data.subarray(payload.start, payload.end);
	need(!['enrol', 'identity'].includes(v.purpose) || content.includes(v.key), 'key inside');
	return content;
}

async function requireSignature(v, Sign1) {
	const jwk = { kty: 'OKP', crv: 'Ed25519', x: v.key.toString('base64url') };
	const externalAAD = Buffer.concat([Buffer.from(`motcua/1/${v.purpose}`), v.hub]);
	await Sign1.decode(v.data).verify(createPublicKey({ key: jwk, format: 'jwk' }), { externalAAD });
}

// Passes over one item of a head, whose integers and strings are short.
function itemEnd(data, at) {
	const info = data[at] & 31;
	const extra = info < 24 ? 0 : 1 << (info - 24);
	const value = extra === 0 ? info : Number(BigInt('0x' + data.subarray(at + 1, at + 1 + extra).toString('hex')));
	return { value, end: at + 1 + extra + (data[at] >> 5 === 2 ? value : 0) };
}

// The stream behind the head inflates to just the declared length, and nothing follows it.
function requireStream(payload) {
	let at = 1;
	let declared = 0;
	for (let key = 1; key <= 10; key++) {
		at += 1;
		let items = 1;
		if (payload[at] === 0x83) {
			items = 3;
			at += 1;
		}
		for (; items > 0; items--) {
			const item = itemEnd(payload, at);
			at = item.end;
			if (key === 2)
				declared = item.value;
		}
	}
	const stream = payload.subarray(at);
	if (payload[at - 1] === 0 && payload[at - 2] === 10) {
		need(stream.length === 0 && declared === 0, 'a heartbeat with rows');
		return;
	}
	need(declared >= 1 && declared <= MIB, 'declared length');
	const options = { info: true, maxOutputLength: declared + 1 };
	if (payload[2] !== 1) // version 1 had no dictionary
		options.dictionary = DICTIONARY;
	const { buffer, engine } = inflateSync(stream, options);
	need(buffer.length === declared, 'length');
	need(engine.bytesWritten === stream.length, 'bytes behind the stream');
}

async function outcome(check) {
	try {
		await check();
		return '';
	} catch (error) {
		return error instanceof Refused ? error.message : error.code || error.constructor.name;
	}
}

async function look(v, Sign1) {
	let payload = null;
	const library = await outcome(() => requireSignature(v, Sign1));
	const form = await outcome(() => { payload = requireForm(v); });
	const judgeable = payload !== null && v.purpose === 'batch' && !['head', 'version'].includes(v.layer);
	const stream = judgeable ? await outcome(() => requireStream(payload)) : '';
	return { library, form, stream };
}

// What must come of it. What lies deeper than the stream is beyond this check: such a vector is sound up to there.
function verdict(v, { library, form, stream }) {
	const inEnvelope = ['envelope', 'signature', 'key'].includes(v.layer);
	if (inEnvelope)
		return library !== '' || form !== '';
	const sealed = library === '' && form === '';
	if (v.layer === 'inflate')
		return sealed && stream !== '';
	return sealed && stream === '';
}

async function main() {
	const { Sign1 } = require('@auth0/cose');
	const count = { good: 0, bad: 0, beyond: 0, library: 0, wrong: 0 };
	for (const v of vectors()) {
		const found = await look(v, Sign1);
		const right = verdict(v, found);
		const looked = v.layer === '' || ['envelope', 'signature', 'key', 'inflate'].includes(v.layer);
		count[v.good ? 'good' : looked ? 'bad' : 'beyond'] += 1;
		count.library += found.library !== '' ? 1 : 0;
		count.wrong += right ? 0 : 1;
		console.log(`${right ? 'ok   ' : 'WRONG'} ${v.name}: library ${found.library || 'takes it'}; ` +
			`form ${found.form || 'exact'}; stream ${found.stream || 'whole or none'}` +
			`${looked ? '' : ` (its fault, ${v.layer}, is beyond this check)`}`);
	}
	console.log(`${count.good} good, ${count.bad} bad and refused (${count.library} by the library itself), ` +
		`${count.beyond} whose fault lies deeper; ${count.wrong} wrong; node ${process.version}`);
	process.exitCode = count.wrong === 0 && count.good >= 25 && count.bad >= 75 ? 0 : 1;
}

main();
