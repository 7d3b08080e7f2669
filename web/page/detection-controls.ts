/** The sliders of what counts as a point, the same in Match and Track. */
import type { DetectionSettings } from '../engine/pair.js';
import { type Control, slider } from './controls.js';

/** @param most largest values that the sliders offer. */
export function detectionControls(
  defaults: DetectionSettings,
  most: Pick<DetectionSettings, 'size' | 'maxKeypoints'>,
  onInput: () => void,
): Record<keyof DetectionSettings, Control<number>> {
  const inPixels = (pixels: number) => `${pixels} px`;
  return {
    size: slider({
      label: 'Network sees, longest side',
      min: 160,
      max: most.size,
      step: 80,
      value: defaults.size,
      format: inPixels,
      onInput,
    }),
    detectionThreshold: slider({
      label: 'Detection threshold',
      min: 0.0005,
      max: 0.5,
      value: defaults.detectionThreshold,
      logarithmic: true,
      onInput,
    }),
    nmsRadius: slider({
      label: 'Least distance of points (NMS)',
      min: 0,
      max: 16,
      value: defaults.nmsRadius,
      format: inPixels,
      onInput,
    }),
    maxKeypoints: slider({
      label: 'Most points',
      min: 20,
      max: most.maxKeypoints,
      value: defaults.maxKeypoints,
      logarithmic: true,
      onInput,
    }),
  };
}
