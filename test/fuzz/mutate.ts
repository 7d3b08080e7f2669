/** Damages files: cut off, bits turned, numbers that lie, parts moved. The same random numbers, the same damage. */
import type { Random } from '../../src/random.js';

type Damage = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const position = (bytes: Uint8Array, random: Random) => random.integer(0, Math.max(0, bytes.length - 1));

/** Where headers are: half of the damage goes to the first bytes. */
const early = (bytes: Uint8Array, random: Random) =>
  random.uniform() < 0.5 ? position(bytes, random) : random.integer(0, Math.min(bytes.length, 128) - 1 || 0);

const cut: Damage = (bytes, random) => bytes.slice(0, position(bytes, random));

const flip: Damage = (bytes, random) => {
  const copy = bytes.slice();
  for (let n = random.integer(1, 8); n > 0; n--) copy[early(copy, random)] ^= 1 << random.integer(0, 7);
  return copy;
};

/** Numbers of one to eight bytes that readers trust. */
const lie: Damage = (bytes, random) => {
  const copy = bytes.slice();
  const size = 2 ** random.integer(0, 3);
  const fill = [0, 0xff, 0x7f, 0x80, 1][random.integer(0, 4)];
  const at = early(copy, random);
  const isHighFirst = random.uniform() < 0.5;
  copy.fill(fill === 0xff ? 0xff : 0, at, at + size);
  if (fill !== 0 && fill !== 0xff && at + size <= copy.length) copy[isHighFirst ? at : at + size - 1] = fill;
  return copy;
};

function join(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const remove: Damage = (bytes, random) => {
  const at = early(bytes, random);
  return join(bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 64)));
};

const repeat: Damage = (bytes, random) => {
  const at = early(bytes, random);
  const end = Math.min(bytes.length, at + random.integer(1, 64));
  return join(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end));
};

const splice: Damage = (bytes, random, other) => {
  const at = position(bytes, random);
  return join(bytes.subarray(0, at), other.subarray(position(other, random)));
};

/** Words that make text formats stumble. */
const WORDS = [
  'null',
  '-1',
  '1e999',
  'NaN',
  '0',
  '{}',
  '[]',
  '""',
  '99999999999999999999',
  'true',
  '.5',
  '\u0000',
  '"\\ud800"',
];

/** A number, word or string of a text in place of another; of binary files, bytes. */
const reword: Damage = (bytes, random) => {
  const text = Buffer.from(bytes).toString('latin1');
  const tokens = [...text.matchAll(/-?\d[\d.e+-]*|"[^"]{0,40}"|[a-z]{2,}/gi)];
  if (tokens.length === 0) return flip(bytes, random, bytes);
  const { index, 0: token } = tokens[random.integer(0, tokens.length - 1)];
  const word = WORDS[random.integer(0, WORDS.length - 1)];
  return Uint8Array.from(
    Buffer.from(text.slice(0, index) + word + text.slice(index + token.length), 'latin1'),
  );
};

const DAMAGES: readonly Damage[] = [cut, flip, flip, lie, lie, remove, repeat, splice, reword];

/** One of the files, damaged once to three times. */
export function mutate(files: readonly Uint8Array[], random: Random): Uint8Array {
  const pick = () => files[random.integer(0, files.length - 1)];
  let bytes = pick();
  for (let n = random.integer(1, 3); n > 0 && bytes.length > 0; n--) {
    bytes = DAMAGES[random.integer(0, DAMAGES.length - 1)](bytes, random, pick());
  }
  return bytes;
}
