/** What images are read from. */

/**
 * A path (Node only), a URL (http(s):, data:, blob:; in Node also file:), a file's bytes (a `Uint8Array`, a Node
 * `Buffer` or an `ArrayBuffer`), or a Blob or File.
 */
export type ImageSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** `Float32Array`, `Blob`, `ImageData` …: the kind of an object, of whatever realm (frame, worker, test runner) it is. */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Is this a Blob or a File? */
export function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(kindOf(value));
}

/** The bytes, not copied, of a `Uint8Array`, `Buffer` or `ArrayBuffer`; undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const kind = kindOf(value);
  if (kind === 'ArrayBuffer') return new Uint8Array(value as ArrayBuffer);
  if (kind !== 'Uint8Array') return undefined;
  const { buffer, byteOffset, length } = value as Uint8Array;
  return new Uint8Array(buffer, byteOffset, length);
}

/** What to call an image in an error message. */
export function nameOfSource(source: ImageSource): string {
  if (bytesOf(source)) return 'image';
  if (isBlob(source)) return 'name' in source ? String(source.name) : 'image';
  const name = String(source);
  return name.startsWith('data:') ? `${name.slice(0, 24)}…` : name;
}
