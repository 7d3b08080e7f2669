/** `superpoint/formats`: other people's files, of features and of tensors. */
export * from './browser.js';
export { ColmapDatabase, type ColmapOptions, MissingSqliteError } from './colmap-database.js';
export { LibraryBrokenError, MissingHdf5Error } from './hdf5-errors.js';
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
