/** All readers of files that come from outside. A new reader is fuzzed by an entry here. */
import { FILE_READERS } from './file-readers.js';
import { IMAGE_READERS } from './image-readers.js';
import type { Reader } from './reader.js';

export const READERS: readonly Reader[] = [...IMAGE_READERS, ...FILE_READERS];
