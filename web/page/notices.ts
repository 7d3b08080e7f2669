/** Messages to the user, in plain words, that go when dismissed, when their cause does, or after a while. */
import { element, find } from './dom.js';

const SHOWN_MILLISECONDS = 9000;
/** The cause of what concerns the whole page rather than the view that is shown. */
export const WHOLE_PAGE = 'page';

const notices = () => [...find(document, '#notices').children] as HTMLElement[];

function show(text: string, kind: 'notice' | 'notice problem', cause: string): void {
  for (const shown of notices()) if (shown.firstChild?.textContent === text) shown.remove();
  const notice = element('div', { className: kind }, element('p', {}, text));
  notice.dataset.cause = cause;
  const close = element('button', { type: 'button', className: 'quiet' }, 'Close');
  close.addEventListener('click', () => notice.remove());
  notice.append(close);
  if (kind === 'notice problem') notice.setAttribute('role', 'alert');
  find(document, '#notices').append(notice);
  if (kind === 'notice') setTimeout(() => notice.remove(), SHOWN_MILLISECONDS);
}

/** Says what happened. */
export function tell(text: string): void {
  show(text, 'notice', '');
}

/** Says what went wrong; stays until it is closed, its cause is settled or the view is left. */
export function complain(problem: unknown, cause = ''): void {
  show(problem instanceof Error ? problem.message : String(problem), 'notice problem', cause);
}

/** Takes the problems of a cause away: it is no more. */
export function settle(cause: string): void {
  for (const notice of notices()) {
    if (notice.dataset.cause === cause && notice.matches('.problem')) notice.remove();
  }
}

/** Takes away what went wrong in a view that is no longer shown. */
export function leaveView(): void {
  for (const notice of notices()) {
    if (notice.dataset.cause !== WHOLE_PAGE && notice.matches('.problem')) notice.remove();
  }
}

/**
 * Runs `work`; what goes wrong is told to the user, and the page goes on.
 * @param cause a later success of the same cause takes the message away.
 */
export async function attempt<Result>(work: () => Promise<Result>, cause = ''): Promise<Result | undefined> {
  try {
    const result = await work();
    if (cause) settle(cause);
    return result;
  } catch (problem) {
    complain(problem, cause);
    return undefined;
  }
}
