import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { type FetchProgress, fetchBytes } from '../../src/files/fetch-bytes.js';

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
const server = createServer((request, response) => {
  if (request.url === '/never') return;
  if (request.url === '/none') return void response.writeHead(404).end();
  response.writeHead(200, request.url === '/long' ? { 'content-length': BYTES.length } : {});
  response.end(BYTES);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(() => {
  server.closeAllConnections();
  server.close();
});

test('the bytes come with word of how far they are', async () => {
  for (const [path, total] of [
    ['/long', BYTES.length],
    ['/short', undefined],
  ] as const) {
    const told: FetchProgress[] = [];
    const bytes = await fetchBytes(address + path, { onProgress: (progress) => told.push(progress) });
    assert.deepEqual(bytes, BYTES);
    assert.equal(told.at(-1)?.loaded, BYTES.length);
    assert.ok(told.every((progress) => progress.total === total));
    for (let n = 1; n < told.length; n++) assert.ok(told[n].loaded > told[n - 1].loaded);
  }
  assert.deepEqual(await fetchBytes(new URL(`${address}/long`)), BYTES);
});

test('what does not come is told in a line', async () => {
  await assert.rejects(fetchBytes(`${address}/none`), /^Error: the server answered 404 Not Found$/);
  await assert.rejects(fetchBytes('http://127.0.0.1:1/x'), /^Error: no connection to the server$/);
  const controller = new AbortController();
  const waiting = fetchBytes(`${address}/never`, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('no longer wanted')), 20);
  await assert.rejects(waiting, /no longer wanted/);
});
