/**
 * A rate, taken from the middle of a run: without its start, and without its end.
 * @module
 */

/** What a {@linkcode Meter} waits for. */
export interface MeterOptions {
  /** How many are counted before the span begins. */
  readonly warmUp: number;
  /** How many make the span. */
  readonly messages: number;
  /** When the span ends at the latest, in milliseconds after the start. Defaults to never. */
  readonly longest?: number | undefined;
}

/** What happened between two counts. */
export interface Span {
  /** How many were counted. */
  readonly messages: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** User and system time of this process, in milliseconds; 0 where the runtime does not tell. */
  readonly cpuMs: number;
}

/** How often the time is looked at, in messages: a timer has no chance while they come one after another. */
const STEP = 256;

/** How much was counted when. */
interface Moment {
  readonly at: number;
  readonly ms: number;
  readonly cpuMs: number;
}

/** Counts. Used by one run only. */
export class Meter {
  /** Resolves when the span is over. */
  readonly span: Promise<Span>;
  readonly #options: MeterOptions;
  readonly #resolve: (span: Span) => void;
  #count = 0;
  /** The count that is looked at next: all others cost an increment and a comparison. */
  #next: number;
  #isOver = false;
  #began: Moment = { at: 0, ms: 0, cpuMs: 0 };
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Nothing is counted yet. */
  constructor(options: MeterOptions) {
    const { promise, resolve } = Promise.withResolvers<Span>();
    this.span = promise;
    this.#resolve = resolve;
    this.#options = options;
    this.#next = options.warmUp;
  }

  /** How many were counted in all, also before and after the span. */
  get count(): number {
    return this.#count;
  }

  /** Whether the span is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on the time counts. */
  start(): void {
    const { longest = Infinity, warmUp } = this.#options;
    this.#began = this.#now();
    this.#deadline = performance.now() + longest;
    // Also where nothing comes any more.
    if (longest !== Infinity) this.#timer = setTimeout(() => this.#end(this.#now()), Math.max(0, longest));
    if (warmUp === 0) this.#reached();
  }

  /** One more. */
  add(): void {
    if (++this.#count === this.#next) this.#reached();
  }

  #reached(): void {
    const { warmUp, messages } = this.#options;
    const now = this.#now();
    if (this.#count === warmUp) this.#began = now;
    else if (this.#count === warmUp + messages || now.ms > this.#deadline) return this.#end(now);
    this.#next = Math.min(this.#count + STEP, warmUp + messages);
  }

  #now(): Moment {
    return { at: this.#count, ms: performance.now(), cpuMs: cpuTime() };
  }

  #end({ at, ms, cpuMs }: Moment): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#next = Infinity;
    this.#resolve({
      messages: at - this.#began.at,
      ms: ms - this.#began.ms,
      cpuMs: cpuMs - this.#began.cpuMs,
    });
  }
}

/** User and system time of this process so far, in milliseconds; 0 where the runtime does not tell. */
export function cpuTime(): number {
  const { process } = globalThis as { process?: { cpuUsage?(): { user: number; system: number } } };
  const usage = process?.cpuUsage?.();
  return usage ? (usage.user + usage.system) / 1_000 : 0;
}

/** Calls with so many calls under way at once, until the meter's span is over or so many were made; counts each. */
export async function callInWindow(
  call: () => Promise<unknown>,
  { window, most, meter }: { window: number; most: number; meter?: Meter },
): Promise<void> {
  let made = 0;
  const lane = async (): Promise<void> => {
    while (made < most && !meter?.isOver) {
      made++;
      await call();
      meter?.add();
    }
  };
  await Promise.all(Array.from({ length: Math.min(window, most) }, lane));
}
