/** Why there is no reading and writing HDF5, as types that need no library. */

/** The library for HDF5 is not installed. */
export class MissingHdf5Error extends Error {
  override readonly name = 'MissingHdf5Error';
}

/** A file read earlier was damaged so that the HDF5 library cannot be used any more by this process. */
export class LibraryBrokenError extends Error {
  override readonly name = 'LibraryBrokenError';

  constructor(path: string) {
    super(`the HDF5 library broke on the damaged file ${path}; it works again in a new process`);
  }
}
