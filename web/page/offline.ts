/** The page's part in working offline, and in threads on hosts that do not send the headers for them. */
import type { Engine } from './engine.js';

/** Where it is noted that the page was loaded anew for the sake of threads: once is enough. */
const KEY = 'superpoint-isolated';

async function register(): Promise<ServiceWorkerRegistration | undefined> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return undefined;
  return navigator.serviceWorker.register('./service-worker.js').catch(() => undefined);
}

function isSecondTime(): boolean {
  try {
    const noted = sessionStorage.getItem(KEY) !== null;
    sessionStorage.setItem(KEY, 'yes');
    return noted;
  } catch {
    return true;
  }
}

/**
 * Where the host does not allow threads, has a service worker add the headers and loads the page anew with them.
 * @returns whether the page is about to be loaded anew.
 */
export async function isolate(): Promise<boolean> {
  if (crossOriginIsolated || !navigator.serviceWorker || isSecondTime()) return false;
  if (!(await register())) return false;
  await navigator.serviceWorker.ready;
  location.reload();
  return true;
}

/** Has the page kept for times without a connection, once it has what it needs. */
export async function keepOffline(engine: Engine): Promise<void> {
  await engine.settled;
  if (!(await engine.ready) || !(await register())) return;
  const { active } = await navigator.serviceWorker.ready;
  // The large files of this device; others come when they are asked for.
  active?.postMessage(engine.files.map((url) => new URL(url, location.href).href));
}
