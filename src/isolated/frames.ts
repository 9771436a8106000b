/**
 * What parent and child say to each other over their IPC channel. Values travel as bytes made by
 * `encode()`, so that what cannot be cloned fails where it is given, not inside the channel.
 *
 * @module
 */
import type { ErrorRecord } from "./error.ts";

/** Parent to child: run this function. The next one is sent only after the answer. */
export interface CallFrame {
  readonly kind: "call";
  /** Unique within one child. */
  readonly id: number;
  readonly module: string;
  readonly name: string;
  readonly payload: Uint8Array;
}

/** Parent to child: abort the signal of the running function; after a while the child is killed. */
export interface AbortFrame {
  readonly kind: "abort";
  readonly id: number;
  readonly name: "AbortError" | "TimeoutError";
  readonly message: string;
}

/** Child to parent: the function returned. */
export interface ReturnedFrame {
  readonly kind: "returned";
  readonly id: number;
  readonly value: Uint8Array;
}

/** Child to parent: the function threw, or could not be called. */
export interface ThrewFrame {
  readonly kind: "threw";
  readonly id: number;
  readonly error: ErrorRecord;
  /** `false` if the module could not be loaded: a runtime remembers that, only a fresh process tries again. */
  readonly reusable: boolean;
}

/** What a child is told. */
export type Request = CallFrame | AbortFrame;

/** What a child answers. */
export type Reply = ReturnedFrame | ThrewFrame;

/** Whether a message is the answer to a call: the functions in a child may send messages of their own. */
export function isReply(message: unknown, id: number): message is Reply {
  if (typeof message !== "object" || message === null) return false;
  const { kind, id: answered } = message as Partial<Reply>; // foreign until looked at
  return (kind === "returned" || kind === "threw") && answered === id;
}
