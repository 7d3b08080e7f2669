/** Loaded before a program (`node --import`): its largest memory, MiB, on the last line of standard error. */
import { writeSync } from 'node:fs';

process.on('exit', () => {
  writeSync(2, `\npeak memory ${process.resourceUsage().maxRSS / 1024}`);
});
