/** Finds the pictures that a command shall work on, and names them. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { NoImagesError, UsageError } from './errors.js';

/** Ends of the names of pictures in a folder; a file given by its own name is tried whatever its end. */
const IMAGE_NAME = /\.(jpe?g|png|webp|avif|tiff?|gif|pgm|ppm|pnm)$/i;

/** A picture file. */
export interface ImageFile {
  readonly path: string;
  /** Its path relative to the folder given, with forward slashes; a file given itself: its base name. */
  readonly name: string;
}

/** The names of all pictures below `folder`, hidden files and folders left out, in alphabetical order. */
export async function imagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && IMAGE_NAME.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !/(^|\/)\./.test(name))
    .sort();
}

/**
 * The pictures of files and folders, in the order given. Files that are missing are handed out too: they
 * fail when they are read, one among others.
 *
 * @throws NoImagesError for a folder without pictures; UsageError when two pictures would have one name.
 */
export async function findImages(paths: readonly string[]): Promise<ImageFile[]> {
  const images: ImageFile[] = [];
  for (const path of paths) {
    if (await isFolder(path)) {
      const names = await imagesBelow(path);
      if (names.length === 0) {
        throw new NoImagesError(path);
      }
      images.push(...names.map((name) => ({ name, path: join(path, name) })));
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
  return images;
}

/** Whether there is a folder at `path`. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
