/** The view Follow: a picture held before the camera carries an outline, a house or another picture. */
import { paintOutline } from '../../src/drawing/draw.js';
import {
  homographyFromFourPoints,
  multiplyHomographies,
  outerCorners,
  scaleHomography,
  translationHomography,
  warpPoints,
} from '../../src/geometry/homography.js';
import { OneEuroFilter } from '../../src/geometry/one-euro-filter.js';
import { cameraOf, FocalLength, poseFromHomography } from '../../src/geometry/picture-pose.js';
import { grayFromRgba } from '../../src/image/convert.js';
import type { GrayImage } from '../../src/image/image.js';
import { PictureFollower } from '../../src/matching/picture-follower.js';
import type { DetectionSettings } from '../engine/pair.js';
import { menu, takeTexts, textsOf, valuesOf } from '../page/controls.js';
import { detectionControls } from '../page/detection-controls.js';
import { button, element, part, showFigures } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { chooseFiles, onDrop, PICTURES } from '../page/files.js';
import { attempt, complain } from '../page/notices.js';
import { Pace } from '../page/pace.js';
import { surfaceOf } from '../page/surface.js';
import type { Note, View } from '../page/view.js';
import { wall } from '../page/wall.js';
import { type NextFrame, Player } from '../track/player.js';
import type { FrameSource } from '../track/sources.js';
import { movingWall } from './moving-wall.js';
import { cssTransform, paintCard, paintHouse } from './standing.js';

/** What stands on the picture. */
type Standing = 'house' | 'outline' | 'picture';

/** Widest that a frame is handled, and that the flow sees it, in pixels. */
const WIDEST = 640;
const FLOW_WIDTH = 320;
/** Milliseconds between two updates of the numbers. */
const FIGURES_EVERY = 400;

/** The picture that is looked for, as the page has it. */
interface Target {
  readonly width: number;
  readonly height: number;
  readonly bitmap: ImageBitmap;
}

export class FollowView implements View {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #note: Note;
  readonly #surface;
  readonly #settings;
  readonly #takeButton;
  /** What lies on the picture, if that is what is shown. */
  readonly #laid: HTMLCanvasElement;
  readonly #frame = element('canvas');
  readonly #small = element('canvas');
  readonly #follower = new PictureFollower();
  readonly #filter = new OneEuroFilter();
  #focal: FocalLength | undefined;
  #target: Target | undefined;
  #isWall = false;
  readonly #player;
  #detecting = false;
  /** Counts targets and sources: what was seen of an earlier one is no more. */
  #epoch = 0;
  #lostAt: number | undefined;
  #frames = new Pace();
  #detections = new Pace();
  #figuresAt = 0;
  #figures = { points: 0, detection: 0, again: 0 };

  constructor(root: HTMLElement, engine: Engine, note: Note) {
    this.#root = root;
    this.#engine = engine;
    this.#note = note;
    this.#surface = surfaceOf(part<HTMLCanvasElement>(root, 'frame'));
    this.#laid = part<HTMLCanvasElement>(root, 'laid');
    paintCard(this.#laid);
    const onInput = () => this.#noteState();
    this.#settings = {
      shows: menu<Standing>(
        'On the picture stands',
        { house: 'a little house', outline: 'its outline', picture: 'another picture' },
        'house',
        onInput,
      ),
      ...detectionControls(
        { size: 320, detectionThreshold: 0.01, nmsRadius: 4, maxKeypoints: 400 },
        { size: 640, maxKeypoints: 1000 },
        onInput,
      ),
    };
    part(root, 'settings').append(...Object.values(this.#settings).map((control) => control.element));
    this.#player = new Player(root, {
      bundled: () => this.#openWall(),
      opened: (source, step) => this.#opened(source, step),
      see: (next) => this.#see(next),
    });
    this.#takeButton = button(root, 'take', () => this.#takeFrame());
    button(root, 'target', async () => this.#take((await chooseFiles(PICTURES))[0]));
    button(root, 'lay', async () => this.#lay((await chooseFiles(PICTURES))[0]));
    onDrop(part(root, 'stage'), ([file]) => void this.#take(file));
    engine.onChange(() => this.#restart());
  }

  show(state: URLSearchParams): void {
    this.#engine.serve('stream');
    takeTexts(this.#settings, state);
    this.#player.show();
    const isAsked = state.get('source') === 'sequence';
    if (isAsked && this.#player.kind !== 'sequence') void this.#player.openBundled();
    else this.#noteState();
  }

  hide(): void {
    this.#player.hide();
  }

  #noteState(step?: 'push'): void {
    const isBundled = this.#player.kind === 'sequence' && this.#isWall;
    this.#note({ source: isBundled ? 'sequence' : undefined, ...textsOf(this.#settings) }, step);
  }

  /** The wall as what is looked for, and the sequence that shows it. */
  async #openWall(): Promise<FrameSource> {
    await this.#take(await wall());
    this.#isWall = true;
    return movingWall();
  }

  #opened(source: FrameSource, step?: 'push'): void {
    if (this.#player.isShown) this.#noteState(step);
    const scale = Math.min(1, WIDEST / Math.max(source.width, source.height));
    const [width, height] = [Math.round(source.width * scale), Math.round(source.height * scale)];
    Object.assign(this.#frame, { width, height });
    const shrink = Math.min(1, FLOW_WIDTH / Math.max(width, height));
    Object.assign(this.#small, { width: Math.round(width * shrink), height: Math.round(height * shrink) });
    this.#takeButton.disabled = false;
    this.#restart();
  }

  /** Looks for a picture from now on. */
  async #take(file: File | undefined): Promise<void> {
    if (!file) return;
    const target = await attempt(() => this.#engine.remote.openTarget(file, file.name), 'target');
    if (!target) return;
    this.#target?.bitmap.close();
    this.#target = target;
    this.#isWall = false;
    const shown = part<HTMLCanvasElement>(this.#root, 'target-picture');
    const scale = 120 / target.height;
    Object.assign(shown, { width: Math.round(target.width * scale), height: 120, hidden: false });
    shown.getContext('2d')?.drawImage(target.bitmap, 0, 0, shown.width, shown.height);
    if (this.#player.isShown) this.#noteState();
    this.#restart();
  }

  /** Looks for what the camera shows at this moment. */
  async #takeFrame(): Promise<void> {
    const picture = await new Promise<Blob | null>((resolve) => this.#frame.toBlob(resolve, 'image/png'));
    if (picture) await this.#take(new File([picture], 'this frame'));
  }

  /** Lays a picture of the user's own on what is followed. */
  async #lay(file: File | undefined): Promise<void> {
    if (!file) return;
    const bitmap = await attempt(() => createImageBitmap(file), 'laid');
    if (!bitmap) return complain(`${file.name} cannot be shown by this browser`, 'laid');
    const scale = Math.min(1, 800 / Math.max(bitmap.width, bitmap.height));
    Object.assign(this.#laid, { width: bitmap.width * scale, height: bitmap.height * scale });
    this.#laid.getContext('2d')?.drawImage(bitmap, 0, 0, this.#laid.width, this.#laid.height);
    bitmap.close();
    this.#settings.shows.value = 'picture';
    this.#noteState();
  }

  #restart(): void {
    this.#epoch++;
    this.#follower.lose();
    this.#filter.reset();
    this.#frames = new Pace();
    this.#detections = new Pace();
    this.#lostAt = undefined;
    this.#focal = this.#target && new FocalLength(this.#small, this.#target);
    part(this.#root, 'reading').textContent =
      this.#player.source && !this.#target ? 'Choose the picture to look for, or take this frame.' : '';
  }

  /** Takes a frame: follows the picture into it and, where no detection is under way, begins one. */
  async #see(next: NextFrame): Promise<void> {
    const picture = await next();
    if (!picture) return;
    const { width, height } = this.#frame;
    this.#frame.getContext('2d')?.drawImage(picture, 0, 0, width, height);
    const gray = this.#gray();
    if (gray) this.#follower.follow(gray);
    if (this.#target && !this.#detecting) void this.#detect();
    this.#frames.count();
    this.#paint();
    this.#showNumbers();
  }

  #gray(): GrayImage | undefined {
    const { width, height } = this.#small;
    const context = this.#small.getContext('2d', { willReadFrequently: true });
    context?.drawImage(this.#frame, 0, 0, width, height);
    return context ? grayFromRgba(context.getImageData(0, 0, width, height)) : undefined;
  }

  async #detect(): Promise<void> {
    this.#detecting = true;
    const [mark, epoch] = [this.#follower.mark(), this.#epoch];
    const sighting = await attempt(async () => {
      const frame = await createImageBitmap(this.#frame);
      if (!(await this.#engine.ready)) throw new Error('Following needs a model: choose one above.');
      const settings = valuesOf<DetectionSettings & { shows: string }>(this.#settings);
      return this.#engine.remote.locate(frame, settings);
    }, 'locate');
    this.#detecting = false;
    if (!sighting) return this.#player.pause(true);
    if (epoch !== this.#epoch) return;
    const { H_targetToFrame, width, height, points, milliseconds } = sighting;
    const toSmall = scaleHomography(this.#small.width / width, this.#small.height / height);
    const wasLost = !this.#follower.H_pictureToFrame;
    const H = H_targetToFrame && multiplyHomographies(toSmall, H_targetToFrame);
    const found = this.#follower.anchor(mark, H, points);
    this.#detections.count();
    this.#figures = { ...this.#figures, points: points.length / 2, detection: milliseconds };
    if (!found || !H) return;
    this.#focal?.add(H);
    if (wasLost && this.#lostAt !== undefined) this.#figures.again = performance.now() - this.#lostAt;
    this.#lostAt = undefined;
  }

  #paint(): void {
    const { canvas, context, resize } = this.#surface;
    const room = canvas.parentElement?.clientWidth ?? this.#frame.width;
    const scale = Math.min(room / this.#frame.width, Math.max(260, 0.72 * innerHeight) / this.#frame.height);
    const [width, height] = [scale * this.#frame.width, scale * this.#frame.height];
    const left = (room - width) / 2;
    resize(room, height);
    context.translate(left, 0);
    context.drawImage(this.#frame, 0, 0, width, height);
    this.#laid.hidden = true;
    const [H, target, focal] = [this.#follower.H_pictureToFrame, this.#target, this.#focal];
    if (!H || !target || !focal) {
      if (target) this.#lostAt ??= performance.now();
      this.#filter.reset();
      return;
    }
    const corners = outerCorners(target.width, target.height);
    const outline = this.#filter.next(warpPoints(H, corners), performance.now() / 1000);
    const perPixel = width / this.#small.width;
    const { value: shows } = this.#settings.shows;
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    if (shows !== 'picture') paintOutline(context, outline, 2.5, { left: 0, top: 0, scale: perPixel });
    const steady = homographyFromFourPoints(corners, outline);
    if (shows === 'house') {
      const camera = cameraOf(this.#small, focal.value);
      const pose = poseFromHomography(steady, target, camera);
      paintHouse(context, pose, camera, Math.min(target.width, target.height), perPixel);
    }
    context.restore();
    if (shows === 'picture') {
      const { width: wide, height: high } = this.#laid;
      const toTarget = scaleHomography(target.width / wide, target.height / high);
      const half = translationHomography(-0.5, -0.5);
      const toPage = Float64Array.of(perPixel, 0, left + perPixel / 2, 0, perPixel, perPixel / 2, 0, 0, 1);
      const onPicture = multiplyHomographies(steady, multiplyHomographies(toTarget, half));
      this.#laid.style.transform = cssTransform(multiplyHomographies(toPage, onPicture));
      this.#laid.hidden = false;
    }
  }

  #showNumbers(): void {
    if (performance.now() - this.#figuresAt < FIGURES_EVERY) return;
    this.#figuresAt = performance.now();
    const isSeen = this.#follower.H_pictureToFrame !== null;
    const { points, detection, again } = this.#figures;
    showFigures(part(this.#root, 'figures'), {
      'frames a second': this.#frames.text,
      'detections a second': this.#detections.text,
      'one detection': detection > 0 ? `${Math.round(detection)} ms` : '–',
      'points that agree': String(points),
      picture: !this.#target ? 'none' : isSeen ? 'in sight' : 'not in sight',
      ...(again > 0 ? { 'found again after': `${(again / 1000).toFixed(1)} s` } : {}),
    });
  }
}
