/**
 * Protocols, each stated in full: what is extracted at which size, and how it is scored. A figure without
 * its protocol compares with nothing, so every report carries the profile as it stands here.
 */

import type { CornerRule } from '../metrics/homography-metrics.js';
import type { RobustSettings } from '../rivals/homography-estimators.js';
import type { ExtractionSettings } from '../rivals/method.js';

/** How a picture becomes the one that is looked at. */
export type Fit =
  /** Resized with its aspect ratio kept until it covers width x height, then the centre cut out. */
  | { readonly kind: 'crop'; readonly width: number; readonly height: number }
  /** Resized so that its shorter side has so many pixels, nothing cut. */
  | { readonly kind: 'shortSide'; readonly shortSide: number };

/** One set of features: all pictures at one size with one setting. */
export interface FeatureTask extends ExtractionSettings {
  readonly fit: Fit;
}

/** Repeatability and localisation error. */
export interface DetectorTask {
  /** Short and unique in the profile; part of file names. */
  readonly name: string;
  readonly features: FeatureTask;
  /** At most so many of each view once the points outside the shared view are gone; null for no second cut. */
  readonly bestAfterSharing: number | null;
  /** Pixels; the first is the one of the tables. */
  readonly epsilons: readonly number[];
}

/** Homographies, NN mAP and matching score. */
export interface HomographyTask {
  readonly name: string;
  readonly features: FeatureTask;
  /** Only the best so many points of the shared view, by the true homography, are matched; null matches all. */
  readonly bestAfterSharing: number | null;
  /** Pixels for a correct match in NN mAP and matching score. */
  readonly matchEpsilon: number;
  readonly robust: RobustSettings;
  readonly corners: CornerRule;
  /** Corner errors, pixels. */
  readonly correctAt: readonly number[];
  readonly areasUpTo: readonly number[];
}

/** A protocol. */
export interface Profile {
  readonly name: string;
  readonly about: string;
  readonly detector: readonly DetectorTask[];
  readonly homography: readonly HomographyTask[];
  /** Sequences that the protocol leaves out. */
  readonly excluded: readonly string[];
}

const QUARTER_VGA: Fit = { kind: 'crop', width: 320, height: 240 };
const VGA: Fit = { kind: 'crop', width: 640, height: 480 };
/** OpenCV's own defaults of findHomography. */
const OPENCV_RANSAC: RobustSettings = { threshold: 3, maxIterations: 2000, confidence: 0.995 };

/** The homography part that most profiles share. */
const VGA_HOMOGRAPHY: HomographyTask = {
  name: 'homography',
  features: { fit: VGA, maxKeypoints: 1000, nmsRadius: 4, detectionThreshold: 0.001 },
  bestAfterSharing: null,
  matchEpsilon: 3,
  robust: OPENCV_RANSAC,
  corners: 'pixelCentres',
  correctAt: [1, 3, 5],
  areasUpTo: [5],
};

const DESIGN: Profile = {
  name: 'design',
  about:
    'Best 300 points of the whole 240x320 picture, then the shared view; homographies at 480x640 from the ' +
    'best 1000. Nothing is chosen by the truth before the score.',
  detector: [
    {
      name: 'detector',
      features: { fit: QUARTER_VGA, maxKeypoints: 300, nmsRadius: 4, detectionThreshold: 0.001 },
      bestAfterSharing: null,
      epsilons: [3, 1, 2, 4, 5],
    },
  ],
  homography: [VGA_HOMOGRAPHY],
  excluded: [],
};

/** Points of a detector of which the best 300 in the shared view count. */
function sharedDetector(name: string, nmsRadius: number): DetectorTask {
  return {
    name,
    features: { fit: QUARTER_VGA, maxKeypoints: 1000, nmsRadius, detectionThreshold: 0.001 },
    bestAfterSharing: 300,
    epsilons: [3, 1, 2, 4, 5],
  };
}

const PAPER: Profile = {
  name: 'paper',
  about:
    'Tables 3 and 4 of DeTone et al. 2018: repeatability of the best 300 points in the shared view at ' +
    '240x320 for suppression by 4 and 8; homographies at 480x640 from 1000 points, suppression by 8.',
  detector: [sharedDetector('nms4', 4), sharedDetector('nms8', 8)],
  homography: [{ ...VGA_HOMOGRAPHY, features: { ...VGA_HOMOGRAPHY.features, nmsRadius: 8 } }],
  excluded: [],
};

const RPAUTRAT: Profile = {
  name: 'rpautrat',
  about:
    'As the evaluation of rpautrat/SuperPoint, with the homography corrected for the crop: before matching, ' +
    'the truth drops the points outside the shared view, which flatters every method. Its suppression is by ' +
    'overlapping boxes, here the square of the same radius.',
  detector: [sharedDetector('nms4', 4)],
  homography: [
    {
      ...VGA_HOMOGRAPHY,
      features: { ...VGA_HOMOGRAPHY.features, nmsRadius: 8, maxKeypoints: 2000 },
      bestAfterSharing: 1000,
    },
  ],
  excluded: [],
};

const GLUEFACTORY: Profile = {
  name: 'gluefactory',
  about:
    'As the evaluation of glue-factory on HPatches: shorter side 480, nothing cut, 1024 points, suppression ' +
    'by 3, no threshold, eight large scenes left out, area under the recall curve up to 1, 3 and 5 pixels.',
  detector: [],
  homography: [
    {
      ...VGA_HOMOGRAPHY,
      features: {
        fit: { kind: 'shortSide', shortSide: 480 },
        maxKeypoints: 1024,
        nmsRadius: 3,
        detectionThreshold: 0,
      },
      robust: { threshold: 3, maxIterations: 3000, confidence: 0.995 },
      corners: 'pictureEdges',
      areasUpTo: [1, 3, 5],
    },
  ],
  excluded: [
    'i_contruction',
    'i_crownnight',
    'i_dc',
    'i_pencils',
    'i_whitebuilding',
    'v_artisans',
    'v_astronautis',
    'v_talent',
  ],
};

/** For views that `makeWarps` writes. @param shortSide of a view, pixels; twice as many have twice the points. */
export function warpsProfile(shortSide: number): Profile {
  const maxKeypoints = Math.round((500 * shortSide) / 240);
  const common = { nmsRadius: 4, detectionThreshold: 0.001 };
  return {
    name: 'warps',
    about:
      'Views of photographs with known homographies: repeatability of the best 300 points in the shared view at ' +
      `240x320; homographies and matching at ${shortSide}x${longSide(shortSide)} from the best ${maxKeypoints} points.`,
    detector: [
      {
        name: 'detector',
        features: { ...common, fit: { kind: 'shortSide', shortSide: 240 }, maxKeypoints: 1000 },
        bestAfterSharing: 300,
        epsilons: [3, 1],
      },
    ],
    homography: [
      { ...VGA_HOMOGRAPHY, features: { ...common, fit: { kind: 'shortSide', shortSide }, maxKeypoints } },
    ],
    excluded: [],
  };
}

/** The longer side of a view of 3 to 4. */
export function longSide(shortSide: number): number {
  return Math.round((4 * shortSide) / 3);
}

/** Repeatability alone, of the heatmaps of Homographic Adaptation (§5.2). */
export const ADAPTATION_PROFILE: Profile = {
  name: 'adaptation',
  about:
    'Repeatability of the best 300 points in the shared view at 240x320, of a heatmap averaged over N views.',
  detector: [sharedDetector('detector', 4)],
  homography: [],
  excluded: [],
};

/** All profiles by name. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  design: DESIGN,
  paper: PAPER,
  rpautrat: RPAUTRAT,
  gluefactory: GLUEFACTORY,
  warps: warpsProfile(240),
};
