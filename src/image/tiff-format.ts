/** Which sample formats of TIFF are read: a file says in its tags what its numbers mean, and most can be said. */
import { readTiffTags, TIFF } from './tiff-tags.js';

/** What the samples of a TIFF file are. */
export interface TiffFormat {
  /** In words: `64-bit float grey`. */
  readonly name: string;
  /** The decoder gives these samples as they are meant. */
  readonly readable: boolean;
  /** The channel beyond the colours is transparency. */
  readonly transparent: boolean;
}

const KINDS = ['', 'unsigned', 'signed', 'float', 'untyped', 'complex integer', 'complex float'];

const COLORS: Readonly<Record<number, string>> = {
  0: 'white-is-zero grey',
  1: 'grey',
  2: 'RGB',
  3: 'palette',
  4: 'mask',
  5: 'CMYK',
  6: 'YCbCr',
  8: 'L*a*b*',
  9: 'ICC L*a*b*',
  10: 'ITU L*a*b*',
  32803: 'colour filter array',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'linear raw',
};

/** `kind bits` that are read, by photometric interpretation, without a further channel. */
const READ: Readonly<Record<number, readonly string[]>> = {
  0: ['unsigned 1', 'unsigned 2', 'unsigned 4', 'unsigned 8', 'unsigned 16', 'unsigned 32'],
  1: [
    ...['unsigned 1', 'unsigned 2', 'unsigned 4', 'unsigned 8', 'unsigned 16', 'unsigned 32'],
    ...['signed 8', 'signed 16', 'signed 32', 'float 32', 'untyped 8'],
  ],
  2: [
    'unsigned 8',
    'unsigned 16',
    'unsigned 32',
    'signed 8',
    'signed 16',
    'signed 32',
    'float 32',
    'untyped 8',
  ],
  3: ['unsigned 1', 'unsigned 2', 'unsigned 4', 'unsigned 8'],
  5: ['unsigned 8', 'unsigned 16'],
  6: ['unsigned 8'],
  8: ['unsigned 16', 'signed 16', 'float 32'],
};

/** Of these, the ones that may have a channel of transparency, or one of unknown meaning, which is left out. */
const WITH_EXTRA = ['unsigned 8', 'unsigned 16'];

/** Channels of colour, by photometric interpretation. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3 };

/** @returns undefined where the file does not say: it is broken. */
export function tiffFormat(bytes: Uint8Array): TiffFormat | undefined {
  const tags = readTiffTags(bytes);
  const photometric = tags?.get(TIFF.photometric)?.values[0];
  if (!tags || photometric === undefined) return undefined;
  const bits = [...new Set(tags.get(TIFF.bits)?.values ?? [1])];
  const kinds = [...new Set(tags.get(TIFF.sampleFormat)?.values ?? [1])].map(
    (format) => KINDS[format] ?? `type ${format}`,
  );
  const channels = tags.get(TIFF.channels)?.values[0] ?? 1;
  const colors = CHANNELS[photometric];
  const extra = channels - colors;
  const sample = `${kinds.join('/')} ${bits.join('/')}`;
  const readable =
    READ[photometric]?.includes(sample) === true &&
    (extra === 0 || (extra === 1 && photometric < 3 && WITH_EXTRA.includes(sample))) &&
    (photometric !== 3 || tags.has(TIFF.palette));
  const color = COLORS[photometric] ?? `photometric ${photometric}`;
  const further = extra > 0 ? ` with ${extra} further ${extra === 1 ? 'channel' : 'channels'}` : '';
  return {
    name: `${bits.join('/')}-bit ${kinds.join('/')} ${color}${further}`,
    readable,
    transparent: extra === 1 && [1, 2].includes(tags.get(TIFF.extraSamples)?.values[0] ?? 0),
  };
}
