/** Packages that only some of the evaluation needs are loaded where they are needed, and named where they are missing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';

const EVALUATION = new URL('../../src/evaluation/index.js', import.meta.url).href;
const FORMATS = new URL('../../src/formats/index.js', import.meta.url).href;

/** Runs `code` where none of the packages is installed. */
function withoutPackages(code: string): { stdout: string; stderr: string } {
  const hooks = `export function resolve(name, context, next) {
    if (/^(@opencvjs|h5wasm|@observablehq|linkedom)/.test(name)) throw new Error('Cannot find package ' + name);
    return next(name, context);
  }`;
  const dataUrl = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`;
  return spawnSync(process.execPath, ['--import', dataUrl(register), '--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
}

suite('where packages are missing', () => {
  test('the entry point loads, and says which one a door needs', () => {
    const { stdout, stderr } = withoutPackages(`
      const { openRival, homographyReport, PROFILES, describeEnvironment } = await import('${EVALUATION}');
      const { writeHlocFeatures } = await import('${FORMATS}');
      const say = ({ name, message }) => console.log(name + ': ' + message);
      await openRival('orb', 0).catch(say);
      await writeHlocFeatures('never.h5', []).catch(say);
      const dataset = { sequences: 0, pairs: 0, hash: '', skipped: [], excluded: [] };
      const context = { title: '', environment: await describeEnvironment(), seconds: 0, peakMemory: 0, pictures: [] };
      await homographyReport({ profile: PROFILES.design, dataset, rows: [] }, context).catch(say);
      console.log(context.environment.opencv);`);
    assert.equal(stderr, '');
    assert.deepEqual(stdout.trim().split('\n'), [
      "MissingOpenCvError: OpenCV's detectors and estimators need the package @opencvjs/node: npm install @opencvjs/node",
      'MissingHdf5Error: HDF5 files need the package h5wasm: npm install h5wasm',
      'MissingPlotLibraryError: reports need the packages @observablehq/plot and linkedom: npm install @observablehq/plot linkedom',
      'undefined',
    ]);
  });
});
