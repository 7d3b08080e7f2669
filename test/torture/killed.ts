/** SIGKILL at random moments: once to four times in a run, then to the end. */
import { orphans } from './commands.js';
import { cutOff } from './contents.js';
import { PHOTOS, Place, type Torture } from './trial.js';

const MOST_IN_A_RUN = 4;

export const killed: Torture = async ({ job, base, contents, seconds }, random, times) => {
  const commands = job.commands(PHOTOS);
  const faults: string[] = [];
  let kills = 0;
  for (let round = 0; kills < times && round < 4 * times; round++) {
    const place = await Place.make(base, `killed-${job.name}-${round}`);
    for (let left = random.integer(1, MOST_IN_A_RUN); left > 0 && kills < times; left--) {
      const moment = random.uniform() * seconds;
      const { code, stderr } = await place.run(commands, moment);
      const when = `killed after ${moment.toFixed(3)} s`;
      if (code !== null) {
        if (code !== 0) place.note(when, [`ended with ${code} before: ${stderr.slice(-600)}`]);
        break;
      }
      kills++;
      place.note(when, await orphans(place.mark));
      place.note(when, await cutOff(place.out, contents));
    }
    await place.finish(commands, contents);
    faults.push(...place.faults);
    await place.leave();
  }
  return { times: kills, faults };
};
