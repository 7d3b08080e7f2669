/** `superpoint/formats`: other people's files. */

export { FormatError } from '../files/format-error.js';
export { decodePytorchCheckpoint } from '../files/pytorch.js';
export { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
export { colmapKeypointsText, colmapMatchesText } from './colmap.js';
export { decodeFeaturesJson, encodeFeaturesJson, type NamedFeatures } from './features-json.js';
export { readHlocFeatures, writeHlocFeatures } from './hloc.js';
export { decodeFeaturesNpz, decodeNpz, encodeFeaturesNpz, encodeNpz } from './npz.js';
