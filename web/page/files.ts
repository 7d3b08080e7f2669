/** Files into the page (chosen, dropped, pasted) and out of it (saved, copied). */
import { element } from './dom.js';
import { attempt } from './notices.js';

/** What is taken for a picture. */
export const PICTURES = 'image/*,.pgm,.ppm,.pnm';

/** Lets the user choose files; nothing happens where they change their mind. */
export function chooseFiles(accept: string, multiple = false): Promise<File[]> {
  const input = element('input', { type: 'file', accept, multiple, hidden: true });
  input.tabIndex = -1;
  document.body.append(input);
  return new Promise((resolve) => {
    const settle = () => {
      resolve([...(input.files ?? [])]);
      input.remove();
    };
    input.addEventListener('change', settle);
    input.addEventListener('cancel', settle);
    input.click();
  });
}

/** Takes files that are dropped on `target`; `x` tells where, from 0 at its left edge to 1. */
export function onDrop(target: HTMLElement, take: (files: File[], x: number, y: number) => void): void {
  const allow = (event: DragEvent) => {
    event.preventDefault();
    target.classList.add('drop');
  };
  target.addEventListener('dragenter', allow);
  target.addEventListener('dragover', allow);
  target.addEventListener('dragleave', () => target.classList.remove('drop'));
  target.addEventListener('drop', (event) => {
    event.preventDefault();
    target.classList.remove('drop');
    const { left, top, width, height } = target.getBoundingClientRect();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files, (event.clientX - left) / width, (event.clientY - top) / height);
  });
}

/** Takes files that are pasted while `view` is shown. */
export function onPaste(view: HTMLElement, take: (files: File[]) => void): void {
  addEventListener('paste', ({ clipboardData }) => {
    const files = [...(clipboardData?.files ?? [])];
    if (!view.hidden && files.length > 0) take(files);
  });
}

/** Saves a file where the user's browser saves files. */
export function save(content: Blob, name: string): void {
  const href = URL.createObjectURL(content);
  element('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/**
 * Shares a picture through the system's own sheet by a button, which is hidden where there is none.
 * @param name of the file, a PNG.
 */
export function bindShare(share: HTMLButtonElement, picture: () => Promise<Blob>, name: string): void {
  const filesOf = (content: Blob) => [new File([content], name, { type: 'image/png' })];
  share.hidden = !navigator.canShare?.({ files: filesOf(new Blob()) });
  share.addEventListener('click', () =>
    attempt(async () => {
      const files = filesOf(await picture());
      await navigator.share({ files, title: document.title, url: location.href }).catch((problem) => {
        // Who closes the sheet has changed their mind; that is no problem.
        if (problem.name !== 'AbortError') throw problem;
      });
    }, 'share'),
  );
}

/** A file of this page. @throws Error in one line where it cannot be fetched. */
export async function fetchFile(url: string, name: string): Promise<File> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) {
    throw new Error(`${name} could not be loaded (${response ? response.status : 'no connection'})`);
  }
  return new File([await response.blob()], name);
}
