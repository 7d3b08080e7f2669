/** The packages that only some commands need, and that come only to those who install them by name. */
import { MissingPackageError } from '../files/missing-package.js';

/** What each is for. */
export const PARTS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'the native runtime, several times as fast as WebAssembly, and graphics cards',
  '@napi-rs/canvas': 'drawings (--draw) and the pictures of reports',
  '@opencvjs/node': "evaluate: the rivals and OpenCV's homographies",
  '@observablehq/plot': 'the plots of reports',
  linkedom: 'the plots of reports',
  'sql.js': "colmap: COLMAP's databases",
};

export function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws MissingPackageError, before the work and not after it, that names all that are not installed. */
export function requireParts(what: string, ...names: string[]): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length > 0) throw new MissingPackageError(what, missing);
}

/** @param draw where drawings go, if anywhere. */
export function requireForDrawing(draw: string | undefined): void {
  if (draw !== undefined) requireParts('--draw', '@napi-rs/canvas');
}
