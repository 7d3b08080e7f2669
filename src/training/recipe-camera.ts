/** The part of a recipe that says what a camera does to a view: probabilities and ranges. */
import { z } from 'zod';
import { CAMERA_CHANGES } from '../image/camera.js';

type Range = readonly [number, number];

const probability = (preset: { readonly probability: number }) =>
  z.number().min(0).max(1).default(preset.probability);

/** `[low, high]` within bounds, by default the preset's. */
function range(preset: Range, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY) {
  const bound = most < Number.POSITIVE_INFINITY ? `${least} to ${most}` : `at least ${least}`;
  return z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low <= high, { error: 'expected [smallest, largest]' })
    .refine(([low, high]) => low >= least && high <= most, { error: `expected numbers of ${bound}` })
    .default([...preset]);
}

const { clean, shade, gamma, shadow, glare, vignette, defocus, motion, resolution, dark, noise, jpeg } =
  CAMERA_CHANGES;
/** Smallest deviation or softness that is not a division by 0. */
const TINY = 1e-3;

/** `CameraChanges`, each missing number taken from `CAMERA_CHANGES`. */
export const cameraSchema = z.strictObject({
  clean: z.number().min(0).max(1).default(clean),
  shade: z
    .strictObject({
      probability: probability(shade),
      ellipses: z.int().min(0).default(shade.ellipses),
      transparency: range(shade.transparency, -1, 1),
      blur: range(shade.blur, 1),
      brightness: z.number().min(0).max(1).default(shade.brightness),
      contrast: range(shade.contrast, 0),
    })
    .prefault({}),
  gamma: z.strictObject({ probability: probability(gamma), log2: range(gamma.log2, -5, 5) }).prefault({}),
  shadow: z
    .strictObject({
      probability: probability(shadow),
      light: range(shadow.light, 0, 1),
      softness: range(shadow.softness, TINY, 1),
    })
    .prefault({}),
  glare: z
    .strictObject({
      probability: probability(glare),
      strength: range(glare.strength, 0),
      size: range(glare.size, TINY),
    })
    .prefault({}),
  vignette: z
    .strictObject({ probability: probability(vignette), loss: range(vignette.loss, 0, 1) })
    .prefault({}),
  defocus: z
    .strictObject({ probability: probability(defocus), deviation: range(defocus.deviation, TINY, 20) })
    .prefault({}),
  motion: z
    .strictObject({ probability: probability(motion), length: range(motion.length, 1, 100) })
    .prefault({}),
  resolution: z
    .strictObject({ probability: probability(resolution), factor: range(resolution.factor, 1, 100) })
    .prefault({}),
  dark: z
    .strictObject({
      probability: probability(dark),
      gain: range(dark.gain, 0, 1),
      noise: range(dark.noise, 0, 1),
    })
    .prefault({}),
  noise: z
    .strictObject({ probability: probability(noise), deviation: range(noise.deviation, 0, 1) })
    .prefault({}),
  jpeg: z.strictObject({ probability: probability(jpeg), quality: range(jpeg.quality, 1, 100) }).prefault({}),
});
