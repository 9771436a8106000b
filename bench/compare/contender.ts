/**
 * What is compared: the framework, clients used by hand, and peers, all behind the same few functions.
 * @module
 */
import type { Body } from "./body.ts";

/** Does something with a body. */
export type Handle = (body: Body) => void | Promise<void>;

/** One way to send and to handle messages over one channel. */
export interface Contender {
  /** Sends one; resolves when the broker has it. */
  publish(body: Body): Promise<unknown>;
  /** Puts so many into the channel, as fast as may be, with ids from `from` on; is not measured. */
  fill(count: number, from?: number): Promise<void>;
  /** Starts to handle, so many at once; answers what stops it. */
  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>>;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** Where a contender works. */
export interface Place {
  /** The broker; empty where there is none. */
  readonly url: string;
  /** A channel that exists at the broker, and is empty. */
  readonly channel: string;
  /** Which of several ways the module knows. */
  readonly variant: string;
}

/** What the module of a contender exports. */
export interface ContenderModule {
  open(place: Place): Promise<Contender>;
}
