import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSession, tensor } from '../../src/graph/session.js';
import { inferenceModel } from '../../src/network/inference.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { randomWeights } from './random-weights.js';

const SCRIPT = `
import json, sys
import cv2, numpy
network = cv2.dnn.readNetFromONNX(sys.argv[1])
for image in json.load(sys.stdin):
    network.setInput(numpy.array(image['data'], numpy.float32).reshape(1, 1, image['height'], image['width']))
    outputs = {name: network.forward(name).ravel().tolist() for name in ('logits', 'descriptors')}
    print(json.dumps(outputs))
`;

/** A Python with OpenCV: Debian's python3-opencv, which others on the path need not see. */
const python = ['/usr/bin/python3', 'python3'].find(
  (path) => spawnSync(path, ['-c', 'import cv2']).status === 0,
);

test("OpenCV's dnn computes the same from the ONNX file, at any size", {
  skip: python ? false : 'needs python3-opencv',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'superpoint-opencv-'));
  try {
    const model = inferenceModel(randomWeights({ encoder: [4, 6, 8, 8], head: 10, descriptor: 12 }));
    await writeFile(join(folder, 'm.onnx'), model);
    const random = new Random('pictures');
    const images = [
      [32, 48],
      [56, 24],
    ].map(([height, width]) => {
      return { height, width, data: Array.from({ length: height * width }, () => random.uniform()) };
    });
    const run = spawnSync(python ?? '', ['-c', SCRIPT, join(folder, 'm.onnx')], {
      input: JSON.stringify(images),
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    const answers = run.stdout.trim().split('\n');
    const session = await createSession(model);
    for (const [i, { height, width, data }] of images.entries()) {
      const image = tensor(Float32Array.from(data), [1, 1, height, width]);
      const expected = await session.run({ image });
      const actual = JSON.parse(answers[i]) as Record<string, number[]>;
      for (const name of ['logits', 'descriptors']) {
        assertClose(actual[name], expected[name].data as Float32Array, 1e-4);
      }
    }
    await session.release();
  } finally {
    await rm(folder, { recursive: true });
  }
});
