/**
 * HDF5 notes in the header of every object when it was made, read and changed: set to zero, which means unknown, so
 * that the same content is the same bytes. The HDF5 File Format Specification 3.0, IV.A.1.b. For Node.
 */
import { type FileHandle, open } from 'node:fs/promises';

const SIGNATURE = Buffer.from('OHDR');
const VERSION = 2;
/** Where the flags stand, and the times that one of them tells of. */
const FLAGS_AT = 5;
const HAS_TIMES = 0x20;
const HAS_PHASE_CHANGE = 0x10;
const TIMES_AT = 6;
const TIMES_BYTES = 16;
/** Up to the messages: signature, version, flags, times, phase change, size. */
const MOST_PREFIX_BYTES = 34;
/** No header of ours is longer. */
const MOST_MESSAGES_BYTES = 65_536;
const BLOCK_BYTES = 2 ** 20;

/** Clears the times in the file at `path`, in place. */
export async function clearTimes(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const block = Buffer.alloc(BLOCK_BYTES);
    const step = BLOCK_BYTES - SIGNATURE.length + 1;
    for (let start = 0; ; start += step) {
      const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, start);
      const part = block.subarray(0, bytesRead);
      for (let at = part.indexOf(SIGNATURE); at >= 0; at = part.indexOf(SIGNATURE, at + 1)) {
        await clearHeader(file, start + at);
      }
      if (bytesRead < BLOCK_BYTES) return;
    }
  } finally {
    await file.close();
  }
}

/** Clears the times of the header there; its checksum tells one from data that look alike. */
async function clearHeader(file: FileHandle, start: number): Promise<void> {
  const bytes = Buffer.alloc(MOST_PREFIX_BYTES + MOST_MESSAGES_BYTES);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  const flags = bytes[FLAGS_AT];
  if (bytes[SIGNATURE.length] !== VERSION || !(flags & HAS_TIMES)) return;
  const sizeAt = TIMES_AT + TIMES_BYTES + (flags & HAS_PHASE_CHANGE ? 4 : 0);
  const sizeBytes = 2 ** (flags & 3);
  const size = sizeBytes === 8 ? Number(bytes.readBigUInt64LE(sizeAt)) : bytes.readUIntLE(sizeAt, sizeBytes);
  const end = sizeAt + sizeBytes + size;
  if (end + 4 > bytesRead || bytes.readUInt32LE(end) !== lookup3(bytes.subarray(0, end))) return;
  bytes.fill(0, TIMES_AT, TIMES_AT + TIMES_BYTES);
  bytes.writeUInt32LE(lookup3(bytes.subarray(0, end)), end);
  await file.write(bytes, 0, end + 4, start);
}

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

/** HDF5's checksum of metadata: Bob Jenkins' hash "lookup3" (hashlittle, 2006), started with 0. */
export function lookup3(bytes: Uint8Array): number {
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  const word = (at: number) =>
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  if (bytes.length === 0) return c >>> 0;
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = (c ^ b) - rotate(b, 14);
  a = (a ^ c) - rotate(c, 11);
  b = (b ^ a) - rotate(a, 25);
  c = (c ^ b) - rotate(b, 16);
  a = (a ^ c) - rotate(c, 4);
  b = (b ^ a) - rotate(a, 14);
  c = (c ^ b) - rotate(b, 24);
  return c >>> 0;
}
