/** What an orderly end of the process undoes: files begun, locks held. For Node. */

const open = new Set<() => void>();
let isRegistered = false;

/** Has `undo` called when the process ends in good order. @returns what takes that back. */
export function atExit(undo: () => void): () => void {
  // Here and not when the module is loaded: to load a library has no effects.
  if (!isRegistered) {
    process.on('exit', () => {
      for (const each of open) {
        try {
          each();
        } catch {
          // A disk that is away keeps nothing else from being undone.
        }
      }
    });
  }
  isRegistered = true;
  open.add(undo);
  return () => open.delete(undo);
}
