import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { transformersFolder } from '../../src/formats/transformers.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { inferenceModel } from '../../src/network/inference.js';
import { readModel } from '../../src/network/model-file.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { randomWeights } from '../network/random-weights.js';

const SHAPE = { encoder: [4, 6, 8, 10], head: 12, descriptor: 16 } as const;
const weights = randomWeights(SHAPE);

/** The network as transformers names its modules, with weights that have to fit to the last. */
const SCRIPT = `
import json, struct, sys
import numpy, torch
from torch import nn
from torch.nn.functional import max_pool2d, normalize, relu

folder = sys.argv[1]
config = json.load(open(folder + '/config.json'))
data = open(folder + '/model.safetensors', 'rb').read()
start = 8 + struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:start])
assert header.pop('__metadata__')['format'] == 'pt'
def read(entry):
    first, end = entry['data_offsets']
    values = numpy.frombuffer(data[start + first:start + end], numpy.float32)
    return torch.from_numpy(values.reshape(entry['shape']).copy())

def pair(a, b, before, hidden, after, size):
    module = nn.Module()
    setattr(module, a, nn.Conv2d(before, hidden, 3, padding=1))
    setattr(module, b, nn.Conv2d(hidden, after, size, padding=size // 2))
    module.run = lambda x: getattr(module, b)(relu(getattr(module, a)(x)))
    return module

widths, hidden = config['encoder_hidden_sizes'], config['decoder_hidden_size']
network = nn.Module()
network.encoder = nn.Module()
network.encoder.conv_blocks = nn.ModuleList(
    pair('conv_a', 'conv_b', before, width, width, 3) for before, width in zip([1] + widths, widths))
network.keypoint_decoder = pair(
    'conv_score_a', 'conv_score_b', widths[-1], hidden, config['keypoint_decoder_dim'], 1)
network.descriptor_decoder = pair(
    'conv_descriptor_a', 'conv_descriptor_b', widths[-1], hidden, config['descriptor_decoder_dim'], 1)
network.load_state_dict({name: read(entry) for name, entry in header.items()}, strict=True)

image = json.load(sys.stdin)
x = torch.tensor(image['data']).reshape(1, 1, image['height'], image['width'])
with torch.no_grad():
    for i, block in enumerate(network.encoder.conv_blocks):
        x = relu(block.run(x))
        if i < 3:
            x = max_pool2d(x, 2)
    logits = network.keypoint_decoder.run(x)
    descriptors = normalize(network.descriptor_decoder.run(x), dim=1)
print(json.dumps({'logits': logits.flatten().tolist(), 'descriptors': descriptors.flatten().tolist()}))
`;

/** A Python with PyTorch: Debian's python3-torch, which others on the path need not see. */
const python = ['/usr/bin/python3', 'python3'].find(
  (path) => spawnSync(path, ['-c', 'import torch']).status === 0,
);

suite('a folder for transformers', () => {
  test('has the names and settings that its loader asks for, and is read back', async () => {
    const model = await readModel({ tensors: weights, metadata: { stage: 'superpoint' } });
    const files = transformersFolder(model);
    assert.deepEqual(Object.keys(files).sort(), [
      'config.json',
      'model.safetensors',
      'preprocessor_config.json',
    ]);
    const config = JSON.parse(new TextDecoder().decode(files['config.json']));
    assert.equal(config.model_type, 'superpoint');
    assert.deepEqual(config.architectures, ['SuperPointForKeypointDetection']);
    assert.deepEqual(config.encoder_hidden_sizes, [4, 6, 8, 10]);
    assert.equal(config.decoder_hidden_size, 12);
    assert.equal(config.keypoint_decoder_dim, 65);
    assert.equal(config.descriptor_decoder_dim, 16);
    const { tensors, metadata } = decodeSafetensors(files['model.safetensors']);
    assert.deepEqual(metadata, { stage: 'superpoint', format: 'pt' });
    assert.deepEqual(tensors['encoder.conv_blocks.2.conv_b.weight'], weights['conv3b.weight']);
    assert.deepEqual(tensors['keypoint_decoder.conv_score_b.bias'], weights['convPb.bias']);
    assert.deepEqual((await readModel(files['model.safetensors'])).weights, weights);
  });

  test('is refused for a detector alone', async () => {
    const magicPoint = await readModel(randomWeights({ ...SHAPE, descriptor: 0 }));
    assert.throws(
      () => transformersFolder(magicPoint),
      /^RangeError: model: expected a model with descriptors/,
    );
  });

  test('gives PyTorch the same network', { skip: python ? false : 'needs python3-torch' }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'superpoint-transformers-'));
    try {
      const files = transformersFolder(await readModel(weights));
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      const random = new Random('picture');
      const image = {
        height: 40,
        width: 56,
        data: Array.from({ length: 40 * 56 }, () => random.uniform()),
      };
      const run = spawnSync(python ?? '', ['-c', SCRIPT, folder], {
        input: JSON.stringify(image),
        encoding: 'utf8',
      });
      assert.equal(run.status, 0, run.stderr);
      const actual = JSON.parse(run.stdout) as Record<string, number[]>;
      const session = await createSession(inferenceModel(weights));
      const expected = await session.run({ image: tensor(Float32Array.from(image.data), [1, 1, 40, 56]) });
      for (const name of ['logits', 'descriptors']) {
        assertClose(actual[name], expected[name].data as Float32Array, 1e-4);
      }
      await session.release();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
