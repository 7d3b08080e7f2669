/** What pictures can be read from. */

/** A path (Node only), a URL (http(s):, data:, blob:; in Node also file:), a file's bytes, or a Blob or File. */
export type ImageSource = string | URL | Uint8Array | Blob;

/** What to call a picture in an error message. */
export function nameOfSource(source: ImageSource): string {
  if (source instanceof Uint8Array) return 'picture';
  if (source instanceof Blob) return 'name' in source ? String(source.name) : 'picture';
  const name = String(source);
  return name.startsWith('data:') ? `${name.slice(0, 24)}…` : name;
}
