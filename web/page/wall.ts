/** The bundled photograph of a painted wall. */
import graf1 from '../../examples/photographs/graf1.png?url';
import { fetchFile } from './files.js';

export const wall = () => fetchFile(graf1, 'graf1.png');
