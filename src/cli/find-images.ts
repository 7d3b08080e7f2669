/** Finds the pictures that a command shall work on, and names them. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { NoImagesError, UsageError } from './errors.js';

/** Ends of the names of pictures in a folder; a file given by its own name is tried whatever its end. */
const IMAGE_NAME = /\.(jpe?g|png|webp|avif|tiff?|gif|pgm|ppm|pnm)$/i;

/** As many kinds of files left out are named. */
const MOST_KINDS = 6;

/** A picture file. */
export interface ImageFile {
  readonly path: string;
  /** Its path relative to the folder given, with forward slashes; a file given itself: its base name. */
  readonly name: string;
}

/** Files of a folder that are no images, counted by kind: `{ HEIC: 1, BMP: 1 }`. */
export type LeftOut = Readonly<Record<string, number>>;

/** What is found in a folder. */
export interface FolderImages {
  /** Paths of the images relative to the folder, with forward slashes, in alphabetical order. */
  readonly names: readonly string[];
  readonly leftOut: LeftOut;
}

/** A walk through a folder that enters each folder once, by whatever links it is reached. */
class Walk {
  readonly names: string[] = [];
  readonly leftOut: Record<string, number> = {};
  /** Links to folders, relative to the root. */
  readonly links: string[] = [];
  readonly #root: string;
  readonly #entered = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async enter(folder: string): Promise<void> {
    const path = await realpath(join(this.#root, folder));
    if (this.#entered.has(path)) return;
    this.#entered.add(path);
    const entries = await readdir(path, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await this.enter(name);
      else if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      else if (entry.isSymbolicLink() && (await isFolder(join(path, entry.name)))) this.links.push(name);
      else if (IMAGE_NAME.test(name)) this.names.push(name);
      else this.#leaveOut(name);
    }
  }

  #leaveOut(name: string): void {
    const kind = extname(name).slice(1).toUpperCase() || 'without extension';
    this.leftOut[kind] = (this.leftOut[kind] ?? 0) + 1;
  }
}

/**
 * All images below `folder`, hidden files and folders left out. Links to folders are followed after the
 * folders themselves, so that a folder keeps its own name.
 * @throws NoImagesError if there is none.
 */
export async function imagesBelow(folder: string): Promise<FolderImages> {
  const walk = new Walk(folder);
  await walk.enter('');
  for (const link of walk.links) await walk.enter(link);
  const { names, leftOut } = walk;
  if (names.length === 0) throw new NoImagesError(folder, describeLeftOut(leftOut));
  return { names: names.sort(), leftOut };
}

/** Tells on stderr what a folder held besides images, once the work is done. */
export function tellLeftOut(leftOut: LeftOut = {}): void {
  const told = describeLeftOut(leftOut);
  if (told) process.stderr.write(`superpoint: ${told}\n`);
}

/** `3 files left out: 2 HEIC, 1 BMP`; empty for none. */
function describeLeftOut(leftOut: LeftOut): string {
  const kinds = Object.entries(leftOut).sort(([, a], [, b]) => b - a);
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return '';
  const listed = kinds.slice(0, MOST_KINDS).map(([kind, count]) => `${count} ${kind}`);
  const more = kinds.length > MOST_KINDS ? ', …' : '';
  return `${total} ${total === 1 ? 'file' : 'files'} left out: ${listed.join(', ')}${more}`;
}

/**
 * The pictures of files and folders, in the order given. Files that are missing are handed out too: they
 * fail when they are read, one among others.
 *
 * @throws NoImagesError for a folder without pictures; UsageError when two pictures would have one name.
 */
export async function findImages(
  paths: readonly string[],
): Promise<{ images: ImageFile[]; leftOut: LeftOut }> {
  const images: ImageFile[] = [];
  const leftOut: Record<string, number> = {};
  for (const path of paths) {
    if (await isFolder(path)) {
      const found = await imagesBelow(path);
      images.push(...found.names.map((name) => ({ name, path: join(path, name) })));
      for (const [kind, count] of Object.entries(found.leftOut)) leftOut[kind] = (leftOut[kind] ?? 0) + count;
    } else {
      images.push({ name: basename(path), path });
    }
  }
  const first = new Map<string, string>();
  for (const { name, path } of images) {
    const other = first.get(name);
    if (other !== undefined) {
      throw new UsageError(
        `${other} and ${path} would both be named ${name}: give the folder that holds both`,
      );
    }
    first.set(name, path);
  }
  return { images, leftOut };
}

/** Whether there is a folder at `path`. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
