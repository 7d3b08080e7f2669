/** `superpoint/formats`: other people's files, of features and of tensors. */
export { MissingPackageError } from '../files/missing-package.js';
export * from './browser.js';
export { ColmapDatabase, type ColmapOptions } from './colmap-database.js';
export { LibraryBrokenError } from './hdf5-errors.js';
export { HlocFeatures, type HlocOptions, readHlocFeatures, writeHlocFeatures } from './hloc.js';
export {
  HlocMatches,
  type HlocPair,
  hlocPair,
  matchesOfPair,
  type NamedPair,
  pairName,
  writeHlocMatches,
} from './hloc-matches.js';
