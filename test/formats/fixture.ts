/** Finds the fixture files, which stay in the source tree when the tests are compiled. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The path of a file in test/formats/fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../../test/formats/fixtures/${name}`, import.meta.url));
}

/** The bytes of a file in test/formats/fixtures. */
export function readFixture(name: string): Promise<Buffer> {
  return readFile(fixturePath(name));
}

/** Features with numbers that differ everywhere and are not all short decimals. */
export function someFeatures(count: number, descriptorDim: number) {
  return {
    width: 640,
    height: 480,
    count,
    keypoints: Float32Array.from({ length: 2 * count }, (_, i) => (i * 7) / 3),
    scores: Float32Array.from({ length: count }, (_, i) => 1 / (i + 1)),
    descriptors: Float32Array.from({ length: count * descriptorDim }, (_, i) => Math.sin(i + 1)),
    descriptorDim,
  };
}
