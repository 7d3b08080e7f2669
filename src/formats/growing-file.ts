/**
 * One file of many things on its way: they are kept as they come, so that an interrupted run is gone on with, and
 * taken over from the file's last version where they were made from the same. For Node.
 */
import { Journal } from '../files/journal.js';
import { type Lock, lockFile } from '../files/lock.js';

/** A thing by its name, and a hash of all that it was made from. */
export interface Made<T> {
  readonly name: string;
  readonly value: T;
  readonly origin?: string;
}

/** A finished file, open for reading. */
export interface Finished<T> {
  readonly names: readonly string[];
  /** A text about the whole file; undefined where there is none. */
  attribute(name: string): string | undefined;
  origin(name: string): string | undefined;
  read(name: string): T;
  close(): void;
}

/** How one kind of file is read and written. */
export interface FileKind<T> {
  /** @returns undefined where no such file is there. */
  open(path: string): Promise<Finished<T> | undefined>;
  write(
    path: string,
    things: AsyncIterable<Made<T>>,
    attributes: Readonly<Record<string, string>>,
  ): Promise<unknown>;
  /** For the time until the file stands. */
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** The attributes that say whether a file is what would be written. */
const ATTRIBUTES = ['exif', 'origin', 'shard'];

/** The name of the records of a file that is not finished. */
export const partialPath = (path: string) => `${path}.partial`;

/** The file, locked until it is closed. */
export class GrowingFile<T> {
  readonly #path: string;
  readonly #kind: FileKind<T>;
  readonly #lock: Lock;
  readonly #journal: Journal;
  readonly #finished: Finished<T> | undefined;
  readonly #finishedNames: ReadonlySet<string>;
  /** Where each thing is. */
  readonly #found = new Map<string, 'finished' | 'journal'>();
  #isOpen = true;

  private constructor(
    path: string,
    kind: FileKind<T>,
    lock: Lock,
    journal: Journal,
    finished: Finished<T> | undefined,
  ) {
    this.#path = path;
    this.#kind = kind;
    this.#lock = lock;
    this.#journal = journal;
    this.#finished = finished;
    this.#finishedNames = new Set(finished?.names);
  }

  /** @throws InUseError where another process is at work there. */
  static async open<T>(path: string, kind: FileKind<T>): Promise<GrowingFile<T>> {
    const lock = await lockFile(path);
    try {
      const finished = await kind.open(path);
      return new GrowingFile(path, kind, lock, await Journal.open(partialPath(path)), finished);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Whether a thing is there, made from the same. */
  has(name: string, origin: string): boolean {
    if (this.#finishedNames.has(name) && this.#finished?.origin(name) === origin) {
      this.#found.set(name, 'finished');
    } else if (this.#journal.origin(name) === origin) this.#found.set(name, 'journal');
    return this.#found.has(name);
  }

  async add(name: string, origin: string, value: T): Promise<void> {
    this.#lock.check();
    await this.#journal.append(name, origin, this.#kind.encode(value));
    this.#found.set(name, 'journal');
  }

  /** Puts the things that are there, in this order, under the final name, and lets go. */
  async finish(names: readonly string[], attributes: Readonly<Record<string, string>>): Promise<void> {
    const there = names.filter((name) => this.#found.has(name));
    this.#lock.check();
    if (!this.#isAsItWas(there, attributes)) {
      await this.#kind.write(this.#path, this.#things(there), attributes);
    }
    this.#isOpen = false;
    this.#finished?.close();
    await this.#journal.remove();
    this.#lock.release();
  }

  /** Lets go; what was added is there the next time. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#finished?.close();
    await this.#journal.close();
    this.#lock.release();
  }

  #isAsItWas(names: readonly string[], attributes: Readonly<Record<string, string>>): boolean {
    const finished = this.#finished;
    return (
      finished?.names.length === names.length &&
      ATTRIBUTES.every((name) => finished.attribute(name) === attributes[name]) &&
      names.every((name) => this.#found.get(name) === 'finished')
    );
  }

  async *#things(names: readonly string[]): AsyncGenerator<Made<T>> {
    for (const name of names) {
      const finished = this.#found.get(name) === 'finished' ? this.#finished : undefined;
      yield finished
        ? { name, value: finished.read(name), origin: finished.origin(name) }
        : {
            name,
            value: this.#kind.decode(await this.#journal.read(name)),
            origin: this.#journal.origin(name),
          };
    }
  }
}

/** What `open` gives; undefined where it finds no file, or one of another kind. */
export async function ifThere<T>(open: Promise<T>): Promise<T | undefined> {
  return open.catch((error: unknown) => {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === 'FormatError' || code === 'ENOENT') return undefined;
    throw error;
  });
}
