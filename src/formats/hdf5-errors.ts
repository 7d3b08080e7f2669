/** Why there is no reading and writing HDF5 any more, as a type that needs no library. */

/** A file read earlier was damaged so that the HDF5 library cannot be used any more by this process. */
export class LibraryBrokenError extends Error {
  override readonly name = 'LibraryBrokenError';

  constructor(path: string) {
    super(`the HDF5 library broke on the damaged file ${path}; it works again in a new process`);
  }
}
