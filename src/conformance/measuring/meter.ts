/**
 * Measures a rate in the middle of a run, without its start and its end.
 * @module
 */

/** Options of a {@linkcode Meter}. */
export interface MeterOptions {
  /** How many messages are counted before the span begins. */
  readonly warmUp: number;
  /** How many messages the span has. */
  readonly messages: number;
  /** How long after the start the span ends at the latest, in milliseconds. Defaults to never. */
  readonly longest?: number | undefined;
}

/** The time between two counts. */
export interface Span {
  /** How many messages were counted. */
  readonly messages: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** User and system time of this process, in milliseconds; 0 if the runtime does not report it. */
  readonly cpuMs: number;
}

/** After how many messages the time is checked: no timer fires while messages arrive without a pause. */
const STEP = 256;

/** A count and its time. */
interface Moment {
  readonly at: number;
  readonly ms: number;
  readonly cpuMs: number;
}

/** Counts the messages of one run. */
export class Meter {
  /** Resolves when the span is over. */
  readonly span: Promise<Span>;
  readonly #options: MeterOptions;
  readonly #resolve: (span: Span) => void;
  #count = 0;
  /** The next count to check: all others cost an increment and a comparison. */
  #next: number;
  #isOver = false;
  #began: Moment = { at: 0, ms: 0, cpuMs: 0 };
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Counts nothing yet. */
  constructor(options: MeterOptions) {
    const { promise, resolve } = Promise.withResolvers<Span>();
    this.span = promise;
    this.#resolve = resolve;
    this.#options = options;
    this.#next = options.warmUp;
  }

  /** How many messages were counted, also before and after the span. */
  get count(): number {
    return this.#count;
  }

  /** Whether the span is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Starts the time. */
  start(): void {
    const { longest = Infinity, warmUp } = this.#options;
    this.#began = this.#now();
    this.#deadline = performance.now() + longest;
    // Also if no more messages arrive.
    if (longest !== Infinity) this.#timer = setTimeout(() => this.#end(this.#now()), Math.max(0, longest));
    if (warmUp === 0) this.#reached();
  }

  /** Counts one message. */
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

/** User and system time of this process so far, in milliseconds; 0 if the runtime does not report it. */
export function cpuTime(): number {
  const { process } = globalThis as { process?: { cpuUsage?(): { user: number; system: number } } };
  const usage = process?.cpuUsage?.();
  return usage ? (usage.user + usage.system) / 1_000 : 0;
}

/** Calls `call` repeatedly, `window` at once, until the meter's span is over or `most` calls were made. Counts each. */
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
