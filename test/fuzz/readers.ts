/** All readers of files that come from outside. A new reader is fuzzed by an entry here. */
import { IMAGE_READERS } from './image-readers.js';
import type { Reader } from './reader.js';

export const READERS: readonly Reader[] = [...IMAGE_READERS];
