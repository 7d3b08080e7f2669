/** The error of every reader in this folder: a file that is not what it should be. */

/** A file's content is broken or of another kind; the message says what was expected and what came. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
