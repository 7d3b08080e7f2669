/** The error of every reader of files of tensors or features. */

/** Most characters of a message: a damaged file may name things at any length. */
const MOST_CHARACTERS = 500;

/** A file's content is broken or of another kind; the message says in one line what was expected and what came. */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(message: string, options?: ErrorOptions) {
    const line = message.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
    super(line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line, options);
  }
}
