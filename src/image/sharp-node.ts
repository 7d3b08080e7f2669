/** libvips, loaded with the first picture: a fifth of what a command takes to start would go into it. */
import { createRequire } from 'node:module';
import type sharp from 'sharp';

/** Its CommonJS files load in half the time of its others. */
const require = createRequire(import.meta.url);

export const openSharp = (): typeof sharp => require('sharp');
