/** `superpoint/formats`: other people's files, of features and of tensors. */
export * from './browser.js';
export { LibraryBrokenError, MissingHdf5Error, readHlocFeatures, writeHlocFeatures } from './hloc.js';
