/** `superpoint/formats` where there is no Node: all but the HDF5 files of hloc. */
export { FormatError } from '../files/format-error.js';
export { decodeNpz, encodeNpz } from '../files/npz.js';
export { decodePytorchCheckpoint } from '../files/pytorch.js';
export { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
export { colmapKeypointsText, colmapMatchesText } from './colmap.js';
export { decodeFeaturesJson, encodeFeaturesJson, type NamedFeatures } from './features-json.js';
export { decodeFeaturesNpz, encodeFeaturesNpz } from './features-npz.js';
