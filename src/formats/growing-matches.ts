/** Matches of many pairs on their way into a file for hloc. For Node. */
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import { type FileKind, ifThere, type Made } from './growing-file.js';
import { HlocMatches, type HlocPair, type NamedPair, writeHlocMatches } from './hloc-matches.js';

/** Files of matches for hloc; things are named by the pairs' groups. */
export const MATCHES_KIND: FileKind<HlocPair> = {
  open: (path) => ifThere(HlocMatches.open(path)),
  write: (path, things, attributes) => writeHlocMatches(path, pairs(things), attributes),
  encode: ({ matches0, scores0 }) => {
    const dims = [matches0.length];
    return encodeSafetensors({ matches0: { dims, data: matches0 }, scores0: { dims, data: scores0 } });
  },
  decode: (bytes) => {
    const { matches0, scores0 } = decodeSafetensors(bytes).tensors;
    return { matches0: matches0.data as Int32Array, scores0: scores0.data as Float32Array };
  },
};

async function* pairs(things: AsyncIterable<Made<HlocPair>>): AsyncGenerator<NamedPair> {
  for await (const { name, value, origin } of things) {
    const [name0, name1] = name.split('/');
    yield { name0, name1, pair: value, origin };
  }
}
