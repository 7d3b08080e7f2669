/** Messages to the user, in plain words, that go away when dismissed or after a while. */
import { element, find } from './dom.js';

const SHOWN_MILLISECONDS = 9000;

function show(text: string, kind: 'notice' | 'notice problem'): void {
  const container = find(document, '#notices');
  for (const shown of container.children) if (shown.firstChild?.textContent === text) shown.remove();
  const notice = element('div', { className: kind }, element('p', {}, text));
  const close = element('button', { type: 'button', className: 'quiet' }, 'Close');
  close.addEventListener('click', () => notice.remove());
  notice.append(close);
  if (kind === 'notice problem') notice.setAttribute('role', 'alert');
  container.append(notice);
  if (kind === 'notice') setTimeout(() => notice.remove(), SHOWN_MILLISECONDS);
}

/** Says what happened. */
export function tell(text: string): void {
  show(text, 'notice');
}

/** Says what went wrong; stays until it is closed. */
export function complain(problem: unknown): void {
  show(problem instanceof Error ? problem.message : String(problem), 'notice problem');
}

/** Runs `work`; what goes wrong is told to the user, and the page goes on. */
export async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (problem) {
    complain(problem);
    return undefined;
  }
}
