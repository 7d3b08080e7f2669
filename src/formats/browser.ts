/** `superpoint/formats` where there is no Node: all but the HDF5 files of hloc. */
export { FormatError } from '../files/format-error.js';
export { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from '../files/npz.js';
export { decodePytorchCheckpoint } from '../files/pytorch.js';
export type { StoredTensor, TensorData } from '../files/raw-numbers.js';
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsOptions,
} from '../files/safetensors.js';
export { colmapKeypointsText, colmapMatchesText } from './colmap.js';
export { decodeFeaturesJson, encodeFeaturesJson, type NamedFeatures } from './features-json.js';
export { decodeFeaturesNpz, encodeFeaturesNpz } from './features-npz.js';
export { decodeFeaturesSafetensors, encodeFeaturesSafetensors } from './features-safetensors.js';
export type { FeaturesFileOptions } from './features-tensors.js';
export { type OpenCvKeyPoint, openCvKeypoints } from './opencv.js';
export { encodeTracksJson, type TrackedFrame, type TrackPoint } from './tracks-json.js';
export { transformersFolder } from './transformers.js';
