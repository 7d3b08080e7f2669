/**
 * The page's service worker: keeps its files, so that it works offline after the first visit, and adds the headers
 * with which browsers share memory between threads, where the host does not send them.
 */

/** What this file needs of the types of service workers. */
interface Scope {
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
  addEventListener(
    type: 'message',
    listener: (event: { data: unknown; waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
const scope = globalThis as unknown as Scope;

/** The build puts the names of the page's files here, and a version that changes with them. */
const FILES: readonly string[] = JSON.parse('__FILES__');
const CACHE = 'superpoint-__VERSION__';

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * The same answer with the headers that allow threads. It is kept with them: the browser hands on what it has kept by
 * itself, and a runtime of 14 MB that passes through here takes a while.
 */
function isolated(response: Response): Response {
  if (response.type === 'error' || response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** The newest page where the host answers, else what is kept; files by what is kept, as their names change. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const isPage = request.mode === 'navigate';
  const kept = () => cache.match(request, { ignoreSearch: isPage });
  const known = isPage ? undefined : await kept();
  if (known) return known;
  const response = await fetch(request).catch(() => undefined);
  if (!response) return (await kept()) ?? Response.error();
  const answered = isolated(response);
  if (response.ok && response.status !== 206) await cache.put(request, answered.clone());
  return answered;
}

/** Keeps files that are not kept yet; one that cannot be had is kept when it is next asked for. */
async function keep(files: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const file of files) {
    if (await cache.match(file)) continue;
    const response = await fetch(file).catch(() => undefined);
    if (response?.ok) await cache.put(file, isolated(response)).catch(() => {});
  }
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('superpoint-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

scope.addEventListener('install', (event) => {
  event.waitUntil(keep(['./', ...FILES]).then(() => scope.skipWaiting()));
});
scope.addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers().then(() => scope.clients.claim()));
});
scope.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  if (method === 'GET' && new URL(url).origin === location.origin) event.respondWith(answer(event.request));
});
// What the page has loaded before this worker was there.
scope.addEventListener('message', (event) => {
  if (Array.isArray(event.data)) event.waitUntil(keep(event.data.map(String)));
});
