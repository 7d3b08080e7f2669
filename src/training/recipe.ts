/**
 * A training recipe: every number that the way from nothing to SuperPoint depends on, as a JSON file.
 * What a recipe leaves out takes the defaults written here; a key it should not have is an error.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import {
  ADAPTATION_HOMOGRAPHIES,
  type HomographySampling,
  PAIR_HOMOGRAPHIES,
} from '../geometry/sample-homography.js';
import { PHOTO_PHOTOMETRY, type Photometry, SYNTHETIC_PHOTOMETRY } from '../image/photometric.js';
import { SHAPE_KINDS } from '../synthetic/sample.js';
import { SYNTHETIC_VIEWS } from '../synthetic/synthesize.js';
import { cameraSchema } from './recipe-camera.js';
import { describeIssue } from './recipe-issues.js';

const count = z.int().min(0);
const positiveCount = z.int().min(1);
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, {
  error: 'expected [smallest, largest]',
});
const positiveRange = range.refine(([low]) => low > 0, { error: 'expected numbers above 0' });
const wholeCells = positiveCount.multipleOf(8);

/** Homography sampling, each missing number taken from a preset. */
function homographies(preset: HomographySampling) {
  return z
    .strictObject({
      patchRatio: z.number().positive().max(1).default(preset.patchRatio),
      perspective: z.number().min(0).lt(1).default(preset.perspective),
      scaling: positiveRange.default([...preset.scaling]),
      rotation: z.number().min(0).max(Math.PI).default(preset.rotation),
      translation: share.default(preset.translation),
      translationOverflow: z
        .number()
        .min(0)
        .default(preset.translationOverflow ?? 0),
      allowArtifacts: z.boolean().default(preset.allowArtifacts),
    })
    .prefault({});
}

/** Photometric changes, each missing number taken from a preset; null for none. */
function photometry(preset: Photometry) {
  return z
    .strictObject({
      brightness: share.default(preset.brightness),
      contrast: positiveRange.default([...preset.contrast]),
      noise: range.default([...preset.noise]),
      speckle: range.default([...preset.speckle]),
      shade: z
        .strictObject({
          ellipses: count.default(preset.shade.ellipses),
          transparency: range.default([...preset.shade.transparency]),
          blur: range.default([...preset.shade.blur]),
        })
        .prefault({}),
      motionBlur: positiveCount.default(preset.motionBlur),
    })
    .nullable()
    .prefault({});
}

/** Adam's step size: linear from 0 to `peak`, then a half cosine from `peak` to `final` at the last step. */
const learningRate = z.strictObject({
  peak: positive,
  warmupSteps: count.default(0),
  /** Equal to `peak`: constant, as in the paper. */
  final: z.number().min(0).default(0),
});

/** What all three stages of training share. */
const stage = {
  /** Size of a training picture in pixels. */
  width: wholeCells,
  height: wholeCells,
  /** Pictures, or pairs, a step. */
  batch: positiveCount,
  /** Parts of a batch worked on at the same time, each in a session of its own. */
  replicas: positiveCount.default(1),
  steps: count,
  learningRate,
  /** `one` as in the paper, `soft` keeps the sub-pixel part of a label. */
  targets: z.enum(['one', 'soft']).default('one'),
  /** Decay a step of the moving average of the weights that is kept in the end; absent for none. */
  ema: z.number().min(0).lt(1).optional(),
  /** Steps between validations; 0 for none but the last. */
  validateEvery: count.default(0),
};

/** What the stages that train on photographs share. */
const photographStage = {
  ...stage,
  /** Labels below this score are not used. */
  minScore: share.default(0),
  /** Smallest and largest size of a crop's pixels against the photograph's. */
  cropScale: positiveRange.default([0.5, 1]),
  homographies: homographies(PAIR_HOMOGRAPHIES),
  photometry: photometry(PHOTO_PHOTOMETRY),
  /** What a camera does to a view, in place of `photometry`; absent for none of it. */
  camera: cameraSchema.optional(),
};

const hinge = z.strictObject({
  kind: z.literal('hinge'),
  lambdaD: positive.default(250),
  positiveMargin: z.number().default(1),
  negativeMargin: z.number().default(0.2),
  weight: positive.default(1e-4),
});

const dualSoftmax = z.strictObject({
  kind: z.literal('dualSoftmax'),
  temperature: positive.default(0.07),
  weight: positive.default(1),
  /** Points nearer than so many pixels to the true one are no counter-examples. */
  exclusionRadius: z.number().min(0).default(6),
  /** Weight of a correspondence without a keypoint, where one with a keypoint counts 1. */
  backgroundImportance: share.default(0.3),
});

/** What asks both views of a pair to choose the same place about a keypoint; the paper has no such loss. */
const positionLoss = z.strictObject({
  weight: positive.default(0.3),
  /** Windows a pair. */
  windows: positiveCount.default(64),
});

/** Distillation: a network that has learnt already looks at the clean views, and its answers are mixed in. */
const teacher = z.strictObject({
  /** Of the heatmap's answer that is the teacher's; the labels have the rest. */
  detectorShare: share.default(0.5),
  /** Of the descriptor's answer that is the teacher's; the true correspondence has the rest. */
  descriptorShare: share.default(0.3),
});

/** One round of Homographic Adaptation (§5): photographs are labelled with what the network finds. */
const adaptationRound = z.strictObject({
  /** Views a photograph, the photograph itself included. */
  warps: positiveCount.default(100),
  detectionThreshold: share.default(0.015),
  nmsRadius: count.default(4),
  /**
   * Labels are the picture's own corners within so many pixels of the points found, and only those; 0 keeps
   * the points, as in the paper.
   */
  cornerRadius: count.default(0),
  maxKeypoints: positiveCount.optional(),
  /** Photographs with a longer side are shrunk to this many pixels before they are labelled. */
  longestSide: positiveCount.optional(),
  homographies: homographies(ADAPTATION_HOMOGRAPHIES),
});

const recipeObject = z.strictObject({
  name: z.string().min(1),
  seed: z.int(),
  network: z
    .strictObject({
      /** Channels of the four pairs of convolutions (§3.1), of both heads, and of the descriptor. */
      encoder: z
        .tuple([positiveCount, positiveCount, positiveCount, positiveCount])
        .default([64, 64, 128, 128]),
      head: positiveCount.default(256),
      descriptor: positiveCount.default(256),
    })
    .prefault({}),
  /**
   * A recipe that is followed first, by name or path: its SuperPoint then does what MagicPoint does
   * otherwise, labels photographs and is where the joint training starts from.
   */
  after: z.string().min(1).optional(),
  /** A recipe followed before, whose SuperPoint labels the photographs in place of the one of `after`. */
  labeller: z.string().min(1).optional(),
  /** A recipe followed before, whose SuperPoint teaches the joint training's. */
  teacher: z.string().min(1).optional(),
  /** Spreads each photograph's values over black to white as it is read, where it is labelled and trained on. */
  stretch: z.boolean().default(false),
  /** Longer and shorter side in pixels that a photograph must have to be used; absent for any. */
  smallestPhotograph: z.tuple([positiveCount, positiveCount]).optional(),
  /** Photographs used, chosen by `selectPhotographs`; absent for all. */
  maxPhotographs: positiveCount.optional(),
  /** Share of the photographs that no stage trains on. */
  heldBack: share.default(0),
  /** MagicPoint on Synthetic Shapes (§4); absent where the recipe comes `after` another. */
  magicpoint: z
    .strictObject({
      ...stage,
      synthetic: z
        .strictObject({
          homography: homographies(SYNTHETIC_VIEWS),
          photometry: photometry(SYNTHETIC_PHOTOMETRY),
          /** How often each kind comes, relative to the others. */
          weights: z.partialRecord(z.enum(SHAPE_KINDS), z.number().min(0)).default({}),
          /** Strength of the textures. */
          texture: z.number().min(0).default(1),
        })
        .prefault({}),
    })
    .optional(),
  /** Rounds in their order, each with the network that came out of the one before. */
  adaptation: z.array(adaptationRound).min(1).prefault([{}]),
  /** MagicPoint trained on between two rounds, on the photographs just labelled; absent for none. */
  photographs: z.strictObject(photographStage).optional(),
  /** The joint training (§6). */
  superpoint: z.strictObject({
    ...photographStage,
    warpedViews: z.enum(['second', 'both']).default('second'),
    minOverlap: share.default(0.4),
    /** Share of the pairs whose views are drawn from the default `homographies`. */
    mildPairs: share.default(0),
    descriptorLoss: z.discriminatedUnion('kind', [hinge, dualSoftmax]).prefault({ kind: 'hinge' }),
    /** Trains where the heatmap's peaks lie; absent for the cross-entropy alone, as in the paper. */
    positionLoss: positionLoss.optional(),
    /** Needs the teacher's weights: `--teacher`, or the recipe's `teacher`. */
    teacher: teacher.optional(),
    startFrom: z.enum(['magicpoint', 'scratch']).default('magicpoint'),
    /** `folded`: what it starts from is trained on without batch normalisation, folded into the kernels. */
    normalisation: z.enum(['batch', 'folded']).default('batch'),
    /** So many of the encoder's eight layers, the first ones, stay as they are (folded). */
    frozenLayers: count.max(8).default(0),
    /** Share of the weights at the start in those at the end: keeps what they did better (Wortsman et al. 2022). */
    shareOfStart: share.optional(),
  }),
});

const recipeSchema = recipeObject
  .refine(({ after, magicpoint }) => (after === undefined) !== (magicpoint === undefined), {
    path: ['magicpoint'],
    error: 'expected this stage or "after", one of the two',
  })
  .refine(({ adaptation, photographs }) => adaptation.length === 1 || photographs !== undefined, {
    path: ['photographs'],
    error: 'expected this stage, which stands between two rounds of "adaptation"',
  })
  .refine(({ superpoint }) => superpoint.frozenLayers === 0 || superpoint.startFrom === 'magicpoint', {
    path: ['superpoint', 'frozenLayers'],
    error: 'expected 0 with "startFrom": "scratch", which would freeze random layers',
  })
  .refine(
    ({ superpoint: { shareOfStart, normalisation, startFrom } }) =>
      !shareOfStart || (normalisation === 'folded' && startFrom === 'magicpoint'),
    {
      path: ['superpoint', 'shareOfStart'],
      error: 'expected none but with "normalisation": "folded" and a start that is not "scratch"',
    },
  )
  .refine(({ superpoint }) => superpoint.descriptorLoss.kind === 'dualSoftmax' || !superpoint.positionLoss, {
    path: ['superpoint', 'positionLoss'],
    error: 'expected none with the hinge loss, which knows no correspondences',
  })
  .refine(({ superpoint }) => superpoint.descriptorLoss.kind === 'dualSoftmax' || !superpoint.teacher, {
    path: ['superpoint', 'teacher'],
    error: 'expected none with the hinge loss, which knows no correspondences',
  })
  .refine(({ teacher, superpoint }) => teacher === undefined || superpoint.teacher !== undefined, {
    path: ['superpoint', 'teacher'],
    error: 'expected this with "teacher": how far it is believed',
  });

/** A recipe with all defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>;
/** How the step size changes over a stage. */
export type LearningRate = z.output<typeof learningRate>;
/** The descriptor's loss and its weight. */
export type DescriptorLossSettings = Recipe['superpoint']['descriptorLoss'];

/** The detector's second loss. */
export type PositionLossSettings = z.output<typeof positionLoss>;
/** How far a teacher is believed. */
export type TeacherSettings = z.output<typeof teacher>;

/** A recipe that cannot be used; the message is one line that names the key and what was expected. */
export class RecipeError extends Error {
  override name = 'RecipeError';
}

/**
 * Checks a recipe and fills in what it leaves out.
 *
 * @param source begins the message of an error: the file's name.
 * @throws RecipeError naming the first key that is wrong and what was expected of it.
 */
export function parseRecipe(value: unknown, source = 'recipe'): Recipe {
  const result = recipeSchema.safeParse(value);
  if (result.success) return result.data;
  throw new RecipeError(`${source}: ${describeIssue(result.error.issues[0], value)}`);
}

/**
 * Reads a recipe.
 *
 * @param nameOrPath `tiny`, `cpu` and so on for a recipe that comes with the package, else a JSON file.
 * @throws RecipeError when there is no such file, it is not JSON, or it is not a recipe.
 */
export async function readRecipe(nameOrPath: string): Promise<Recipe> {
  const bundled = /^[a-z0-9-]+$/i.test(nameOrPath);
  const file = bundled ? new URL(`../../../recipes/${nameOrPath}.json`, import.meta.url) : nameOrPath;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RecipeError(
      bundled
        ? `no recipe is named ${nameOrPath}; give the path of a JSON file or one of the recipes of this package`
        : `${nameOrPath}: the recipe cannot be read (${error.code})`,
    );
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RecipeError(
      `${nameOrPath}: expected JSON: ${(error as Error).message.replace(/[\s\p{C}]+/gu, ' ')}`,
    );
  }
  return parseRecipe(value, nameOrPath);
}
