/** Files of a server, with word of how far they are. */

/** How a file is fetched. */
export interface FetchOptions {
  /** Ends it with its reason once it is aborted. */
  readonly signal?: AbortSignal;
  /**
   * Told after each part that arrives. `total` is missing where the server does not say how long the file is, or
   * sends it compressed.
   */
  readonly onProgress?: (progress: FetchProgress) => void;
}

/** Bytes that have arrived, of all. */
export interface FetchProgress {
  readonly loaded: number;
  readonly total?: number;
}

/** Whether `fetch` is what reads it, in Node too. */
export const isFetched = (source: unknown): source is string | URL =>
  (typeof source === 'string' || source instanceof URL) && /^(https?|data|blob):/.test(String(source));

/**
 * The bytes behind a URL.
 * @throws Error in one line where the server does not hand them over; the signal's reason once it is aborted.
 */
export async function fetchBytes(
  url: string | URL,
  { signal, onProgress }: FetchOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new Error('no connection to the server', { cause });
  });
  if (!response.ok) {
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
  }
  if (!response.body || !onProgress) return new Uint8Array(await response.arrayBuffer());
  const { headers } = response;
  const length = headers.has('content-encoding') ? 0 : Number(headers.get('content-length'));
  return bytesOfBody(response.body, (loaded) =>
    onProgress({ loaded, ...(length > 0 ? { total: length } : {}) }),
  );
}

/** All bytes of an answer's body. @param onPart told how many have arrived after each part. */
export async function bytesOfBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onPart: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    onPart(loaded);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
