/** The bundled photograph of a painted wall. */
import graf1 from '../pictures/graf1.webp';
import { fetchFile } from './files.js';

export const wall = () => fetchFile(graf1, 'graf1.webp');
