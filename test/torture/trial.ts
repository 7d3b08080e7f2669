/** A job that is disturbed: where it runs, what it should come to, and what was found. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../src/random.js';
import { type Run, runCommands } from './commands.js';
import { bytesOnDisk, type Contents, contentsOf, differences } from './contents.js';
import type { Job } from './jobs.js';

/** A job as it goes undisturbed. */
export interface Reference {
  readonly job: Job;
  /** The folder that holds `inputs` and all places. */
  readonly base: string;
  readonly contents: Contents;
  readonly seconds: number;
  readonly bytes: number;
}

/** A way to disturb a job. @returns what it found. */
export type Torture = (reference: Reference, random: Random, times: number) => Promise<Tally>;

export interface Tally {
  /** How often the job was disturbed. */
  readonly times: number;
  /** What went wrong, one line each. */
  readonly faults: readonly string[];
}

export const PHOTOS = '../inputs/photos';

/** Where a job runs once. */
export class Place {
  readonly folder: string;
  readonly #mark: string;
  #faults: string[] = [];

  private constructor(folder: string, mark: string) {
    this.folder = folder;
    this.#mark = mark;
  }

  static async make(base: string, name: string): Promise<Place> {
    const place = new Place(join(base, name), `${process.pid}-${name}`);
    for (const each of ['out', 'tmp']) await mkdir(join(place.folder, each), { recursive: true });
    return place;
  }

  get out(): string {
    return join(this.folder, 'out');
  }

  get mark(): string {
    return this.#mark;
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  run(commands: readonly (readonly string[])[], killAfter?: number): Promise<Run> {
    return runCommands(commands, {
      cwd: this.folder,
      temporary: join(this.folder, 'tmp'),
      mark: this.#mark,
      killAfter,
    });
  }

  /** Notes what was found, in words that say where. */
  note(when: string, problems: readonly string[]): void {
    this.#faults.push(...problems.map((problem) => `${this.folder}, ${when}: ${problem}`));
  }

  /**
   * Runs the commands undisturbed: they should end well, with that, and with nothing beside it.
   * @param photographs as in `contentsOf`.
   */
  async finish(
    commands: readonly (readonly string[])[],
    expected: Contents,
    photographs?: ReadonlySet<string>,
  ): Promise<void> {
    const { code, stderr } = await this.run(commands);
    if (code !== 0) this.note('called again', [`ended with ${code}: ${stderr.slice(-600)}`]);
    else this.note('called again', differences(expected, await contentsOf(this.out, photographs)));
    const left = await readdir(join(this.folder, 'tmp'));
    this.note(
      'called again',
      left.map((path) => `${path} is left among the temporary files`),
    );
  }

  /** Goes, unless there is something to look at. */
  async leave(): Promise<void> {
    if (this.#faults.length === 0) await rm(this.folder, { recursive: true });
  }
}

/** Runs a job undisturbed. @throws Error where even that fails. */
export async function referenceOf(job: Job, base: string): Promise<Reference> {
  const place = await Place.make(base, `undisturbed-${job.name}`);
  const { code, stderr, seconds } = await place.run(job.commands(PHOTOS));
  if (code !== 0) throw new Error(`${job.name} failed undisturbed: ${stderr}`);
  const [contents, bytes] = [await contentsOf(place.out), await bytesOnDisk(place.out)];
  await place.leave();
  return { job, base, contents, seconds, bytes };
}
