/** The error of every reader of files of tensors or features. */

/** A file's content is broken or of another kind; the message says what was expected and what came. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
