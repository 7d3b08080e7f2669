/**
 * ONNX Runtime's binding for Node tells its maker how it is used, and leaves a log in the folder for temporary files
 * and a number for the machine in the user's cache. A variable of the environment keeps it from that.
 */
import { runInThisContext } from 'node:vm';

/** The true environment: a test runner may give modules a copy, which the binding does not see. */
const { env }: NodeJS.Process = runInThisContext('process');

/**
 * Switches it off, unless the variable is set. To be called before the binding is loaded, in a worker before it is
 * started: what a worker sets there the binding does not see.
 */
export function keepToItself(): void {
  env.ORT_DISABLE_TELEMETRY ??= '1';
}
