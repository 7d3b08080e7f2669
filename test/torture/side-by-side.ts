/** Two processes on one output: one does the work, the other is refused in one line or has nothing left to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { wordsOfFailure } from './commands.js';
import { PHOTOS, Place, type Torture } from './trial.js';

export const sideBySide: Torture = async ({ job, base, contents, seconds }, random, times) => {
  const commands = job.commands(PHOTOS);
  const faults: string[] = [];
  let refused = 0;
  for (let round = 0; refused < times && round < 4 * times; round++) {
    const place = await Place.make(base, `two-${job.name}-${round}`);
    for (const command of commands) {
      const lag = (random.uniform() * seconds) / (4 * commands.length);
      const [one, two] = await Promise.all([
        place.run([command]),
        sleep(1000 * lag).then(() => place.run([command])),
      ]);
      const when = `${command[0]}, the second ${lag.toFixed(3)} s behind the first`;
      const loser = [one, two].find(({ code }) => code !== 0);
      if (!loser) continue;
      refused++;
      place.note(when, wordsOfFailure(loser, /is in use by process \d+ on /));
      if (one.code !== 0 && two.code !== 0) place.note(when, [`both failed: ${one.stderr}${two.stderr}`]);
    }
    await place.finish(commands, contents);
    faults.push(...place.faults);
    await place.leave();
  }
  return { times: refused, faults };
};
