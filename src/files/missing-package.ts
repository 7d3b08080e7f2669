/** Packages that only some need, and that come only to those who install them by name. */

/** A package is not installed that what was asked for needs. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
  /** What to install. */
  readonly packages: readonly string[];

  /** @param what needs them, in words of the singular. */
  constructor(what: string, packages: readonly string[], options?: ErrorOptions) {
    const kind = packages.length > 1 ? 'packages' : 'package';
    super(`${what} needs the ${kind} ${packages.join(', ')}: npm install ${packages.join(' ')}`, options);
    this.packages = packages;
  }
}
