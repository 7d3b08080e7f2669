/** `superpoint/formats`: other people's files. */
export { colmapKeypointsText, colmapMatchesText } from './colmap.js';
export { decodeFeaturesJson, encodeFeaturesJson, type NamedFeatures } from './features-json.js';
export { FormatError } from './format-error.js';
export { readHlocFeatures, writeHlocFeatures } from './hloc.js';
export { decodeFeaturesNpz, decodeNpz, encodeFeaturesNpz, encodeNpz } from './npz.js';
export { decodePytorchCheckpoint } from './pytorch.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
