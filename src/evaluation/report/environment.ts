/** What a result was computed with. For Node. */

import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { runtimeVersion } from '../../graph/session.js';
import { loadedOpenCv, openCvVersion } from '../rivals/opencv.js';

/** Versions and machine. */
export interface Environment {
  readonly superpoint: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** Where it was needed. */
  readonly opencv?: string;
  readonly machine: string;
}

function packageVersion(path: string | URL): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** The environment of this process. */
export async function describeEnvironment(): Promise<Environment> {
  const processors = cpus();
  const opencv = await loadedOpenCv()?.catch(() => undefined);
  return {
    superpoint: packageVersion(new URL('../../../../package.json', import.meta.url)),
    node: process.versions.node,
    onnxruntime: await runtimeVersion(),
    ...(opencv ? { opencv: openCvVersion(opencv) } : {}),
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}, ${platform()} ${arch()}`,
  };
}
