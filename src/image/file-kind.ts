/** What kind of file some bytes are, by their content: the images that are read, and those often met that are not. */

/** A kind of file. */
export interface FileKind {
  readonly name: string;
  /** An image that this package reads, in Node and (but TIFF) in every browser. */
  readonly isRead: boolean;
}

/** Images that are read: [name, offset, bytes as text]. */
const READ: readonly (readonly [string, number, string])[] = [
  ['JPEG', 0, '\xff\xd8\xff'],
  ['PNG', 0, '\x89PNG'],
  ['GIF', 0, 'GIF8'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['TIFF', 0, 'II+\0'],
  ['TIFF', 0, 'MM\0+'],
  ['WebP', 8, 'WEBP'],
];

/** Files that people take for one of these. */
const OTHERS: readonly (readonly [string, number, string])[] = [
  ['Canon raw', 8, 'CR\x02\0'],
  ['BMP', 0, 'BM'],
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 4, 'JXL '],
  ['JPEG 2000', 4, 'jP  '],
  ['JPEG 2000', 0, '\xff\x4f\xff\x51'],
  ['SVG', 0, '<svg'],
  ['XML or SVG', 0, '<?xml'],
  ['PDF', 0, '%PDF'],
  ['Photoshop', 0, '8BPS'],
  ['icon (ICO)', 0, '\0\0\x01\0'],
  ['OpenEXR', 0, 'v/1\x01'],
  ['Radiance HDR', 0, '#?RADIANCE'],
  ['FITS', 0, 'SIMPLE  ='],
  ['DICOM', 128, 'DICM'],
  ['PAM', 0, 'P7\n'],
  ['Matroska or WebM video', 0, '\x1a\x45\xdf\xa3'],
  ['AVI video', 8, 'AVI '],
];

/** Names of HEVC in the `ftyp` box of a HEIF file; `mif1` alone says nothing of the codec, HEVC is usual. */
const HEVC = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs', 'mif1', 'msf1'];

/** How much of a file `fileKind` looks at. */
export const KIND_BYTES = 256;

/** @param bytes the file, or its first `KIND_BYTES`. @returns undefined for what is none of the known kinds. */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  const start = Array.from(bytes.subarray(0, KIND_BYTES), (byte) => String.fromCharCode(byte)).join('');
  const isSigned = ([, offset, signature]: readonly [string, number, string]) =>
    start.startsWith(signature, offset);
  const other = OTHERS.find(isSigned);
  if (other) return { name: other[0], isRead: false };
  const read = READ.find(isSigned);
  if (read) return { name: read[0], isRead: true };
  if (!start.startsWith('ftyp', 4)) return undefined;
  const brands = start.slice(8, Math.max(12, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)));
  if (/avi[fs]/.test(brands)) return { name: 'AVIF', isRead: true };
  if (brands.startsWith('crx ')) return { name: 'Canon raw', isRead: false };
  const isHevc = HEVC.some((brand) => brands.includes(brand));
  return { name: isHevc ? 'HEIC (HEVC)' : 'MP4 or QuickTime video', isRead: false };
}
