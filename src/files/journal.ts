/**
 * Records on the way into a file that is written whole at the end: appended one after the other, so that a process
 * that is killed loses the last one at most and the next process goes on from there. For Node.
 */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { FormatError } from './format-error.js';

const MAGIC = Buffer.from('records1');
/** Before each record: the checksum of all that follows, the lengths of its label and of its content. */
const HEAD_BYTES = 12;

interface Place {
  readonly origin: string;
  readonly start: number;
  readonly length: number;
}

/** An open journal; one process at a time may have it. */
export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #places: Map<string, Place>;
  #end: number;

  private constructor(path: string, file: FileHandle, places: Map<string, Place>, end: number) {
    this.#path = path;
    this.#file = file;
    this.#places = places;
    this.#end = end;
  }

  /**
   * Opens the journal at `path`, which is made where there is none; a last record that is torn goes.
   * @throws FormatError where the file is something else.
   */
  static async open(path: string): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+').then(async (made) => {
      await made.close();
      return open(path, 'r+');
    });
    try {
      const { places, end } = await scan(path, file);
      await file.truncate(end);
      return new Journal(path, file, places, end);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** What the record of this name was made from; undefined where there is none. */
  origin(name: string): string | undefined {
    return this.#places.get(name)?.origin;
  }

  /** Adds a record; an earlier one of that name is forgotten. */
  async append(name: string, origin: string, content: Uint8Array): Promise<void> {
    const label = Buffer.from(JSON.stringify([name, origin]));
    const record = Buffer.alloc(HEAD_BYTES + label.length + content.length);
    record.writeUInt32LE(label.length, 4);
    record.writeUInt32LE(content.length, 8);
    label.copy(record, HEAD_BYTES);
    record.set(content, HEAD_BYTES + label.length);
    record.writeUInt32LE(crc32(record.subarray(4)), 0);
    const { bytesWritten } = await this.#file.write(record, 0, record.length, this.#end);
    if (bytesWritten < record.length) {
      throw Object.assign(new Error(`${this.#path}: no space left on device`), {
        code: 'ENOSPC',
        path: this.#path,
      });
    }
    const start = this.#end + HEAD_BYTES + label.length;
    this.#places.set(name, { origin, start, length: content.length });
    this.#end += record.length;
  }

  /** The content of a record. @throws RangeError where there is none. */
  async read(name: string): Promise<Uint8Array> {
    const place = this.#places.get(name);
    if (!place) throw new RangeError(`expected the name of a record, got "${name}"`);
    return readExactly(this.#file, place.start, place.length);
  }

  /** Closes the journal; one without records goes. */
  async close(): Promise<void> {
    if (this.#places.size === 0) return this.remove();
    await this.#file.close();
  }

  /** Closes the journal and removes it: its records stand elsewhere. */
  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

/** Where all whole records lie, and where the last of them ends. */
async function scan(path: string, file: FileHandle): Promise<{ places: Map<string, Place>; end: number }> {
  const { size } = await file.stat();
  const places = new Map<string, Place>();
  if (size < MAGIC.length) {
    await file.write(MAGIC, 0, MAGIC.length, 0);
    return { places, end: MAGIC.length };
  }
  if (!MAGIC.equals(await readExactly(file, 0, MAGIC.length))) {
    throw new FormatError(`${path}: expected records of an interrupted run, got another kind of file`);
  }
  let end = MAGIC.length;
  while (end + HEAD_BYTES <= size) {
    const head = await readExactly(file, end, HEAD_BYTES);
    const [labelLength, contentLength] = [head.readUInt32LE(4), head.readUInt32LE(8)];
    const length = labelLength + contentLength;
    if (end + HEAD_BYTES + length > size) break;
    const body = await readExactly(file, end + HEAD_BYTES, length);
    if (crc32(body, crc32(head.subarray(4))) !== head.readUInt32LE(0)) break;
    const label = labelOf(body.subarray(0, labelLength));
    if (!label) break;
    const [name, origin] = label;
    places.set(name, { origin, start: end + HEAD_BYTES + labelLength, length: contentLength });
    end += HEAD_BYTES + length;
  }
  return { places, end };
}

/** The name and origin of a record; undefined where its label is none. */
function labelOf(bytes: Buffer): readonly [name: string, origin: string] | undefined {
  try {
    const label: unknown = JSON.parse(bytes.toString());
    const isLabel =
      Array.isArray(label) && label.length === 2 && label.every((part) => typeof part === 'string');
    return isLabel ? [label[0], label[1]] : undefined;
  } catch {
    return undefined;
  }
}

async function readExactly(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, start);
  if (bytesRead < length) throw new FormatError(`expected ${length} bytes at ${start}, got ${bytesRead}`);
  return bytes;
}
