/** The library on one screen. Training, evaluation and the command line build on the same pieces. */

export {
  type DrawablePoints,
  type DrawOptions,
  type DrawTracksOptions,
  drawHeatmap,
  drawKeypoints,
  drawMatches,
  drawTracks,
  type MatchScene,
  type Placement,
  paintKeypoints,
  paintMatches,
  paintOutline,
  paintTracks,
} from './drawing/draw.js';
export type { KeypointOptions, Keypoints } from './features/extract-keypoints.js';
export type { Features } from './features/features.js';
export type { Look, LookKeypoints, LookOptions, Mask, Points } from './features/look.js';
export { type LookSettings, Network, type NetworkOptions } from './features/network.js';
export type { DescriptorOptions } from './features/sample-descriptors.js';
export type { ScaleOptions } from './features/scales.js';
export { type DetectOptions, type LoadOptions, SuperPoint } from './features/superpoint.js';
export type { FetchOptions, FetchProgress } from './files/fetch-bytes.js';
export { MissingPackageError } from './files/missing-package.js';
export {
  estimateFundamentalFromPoints,
  type FundamentalEstimate,
  type FundamentalOptions,
} from './geometry/estimate-fundamental.js';
export {
  estimateHomography,
  estimateHomographyFromPoints,
  type HomographyEstimate,
  type HomographyOptions,
} from './geometry/estimate-homography.js';
export {
  type Homography,
  homographyFromFourPoints,
  identityHomography,
  invertHomography,
  multiplyHomographies,
  normaliseHomography,
  warpPoints,
} from './geometry/homography.js';
export type { HomographyVerdict } from './geometry/homography-verdict.js';
export { OneEuroFilter, type OneEuroOptions } from './geometry/one-euro-filter.js';
export type { LeftOut, PanoramaLimits, PictureLink } from './geometry/panorama-layout.js';
export {
  type Camera,
  cameraOf,
  FocalLength,
  type PlaneSize,
  type Pose,
  poseFromHomography,
  projectPoints,
} from './geometry/picture-pose.js';
export {
  ADAPTATION_HOMOGRAPHIES,
  type HomographySampling,
  PAIR_HOMOGRAPHIES,
  SYNTHETIC_HOMOGRAPHIES,
  sampleHomography,
} from './geometry/sample-homography.js';
export type { Device } from './graph/session.js';
export {
  type AnyImage,
  asGrayImage,
  type CanvasLike,
  type Drawable,
  type DrawableName,
  type PixelRecord,
} from './image/any-image.js';
export type { BlendOptions } from './image/blend-pictures.js';
export type { Context2D } from './image/canvas.js';
export {
  encodePng,
  ImageError,
  type ImageSource,
  type ReadOptions,
  readColorImage,
  readImage,
  readImageSize,
} from './image/codec.js';
export { grayFromRgba, rgbaFromGray } from './image/convert.js';
export { type GrayImage, grayImage, type ImageSize, type RgbaImage } from './image/image.js';
export {
  PHOTO_PHOTOMETRY,
  type Photometry,
  photometricAugment,
  SYNTHETIC_PHOTOMETRY,
} from './image/photometric.js';
export { cropImage, fitWithin, resizeImage } from './image/resize.js';
export type { Shade } from './image/shade.js';
export { imageContrast, LOW_CONTRAST, stretchImage } from './image/stretch.js';
export { type WarpOptions, warpImage, warpMask } from './image/warp-image.js';
export {
  type LocateOptions,
  locatePicture,
  type PictureLocation,
} from './matching/locate-picture.js';
export { type MatchOptions, matchFeatures } from './matching/match-features.js';
export type { Matches } from './matching/matches.js';
export { type Mark, PictureFollower } from './matching/picture-follower.js';
export {
  PointTracker,
  type PointTrackerOptions,
  type Track,
  type TrackUpdate,
} from './matching/point-tracker.js';
export { type Panorama, type StitchOptions, stitchPictures } from './matching/stitch-pictures.js';
export { TrackStatistics, type TrackSummary } from './matching/track-statistics.js';
export {
  type TwoViewGeometry,
  type TwoViewOptions,
  twoViewGeometry,
} from './matching/two-view-geometry.js';
export { activationRanges } from './network/calibrate.js';
export { inferenceModel } from './network/inference.js';
export type { ActivationRanges } from './network/integer-kernels.js';
export { encodeModel, type Model, onnxModel } from './network/model.js';
export { type ModelSource, readModel } from './network/model-file.js';
export type { Weights } from './network/weights.js';
export { Random } from './random.js';
export { SHAPE_KINDS, type ShapeKind, type SyntheticSample } from './synthetic/sample.js';
export {
  renderShape,
  type ShapeSettings,
  SYNTHETIC_VIEWS,
  type SynthesizeSettings,
  synthesize,
} from './synthetic/synthesize.js';
