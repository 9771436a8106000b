/**
 * The messages between parent and child over their IPC channel. Values are sent as bytes made by `encode()`, so that a value
 * that cannot be cloned fails where it is passed, not inside the channel.
 *
 * @module
 */
import type { ErrorRecord } from "./error.ts";

/** Parent to child: run this function. The next call is sent only after the reply. */
export interface CallFrame {
  readonly kind: "call";
  /** Unique within one child. */
  readonly id: number;
  readonly module: string;
  readonly name: string;
  readonly payload: Uint8Array;
}

/** Parent to child: abort the signal of the running function. Later the child is killed. */
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
  /** `false` if the module could not be loaded: runtimes remember that, so only a new process can try again. */
  readonly reusable: boolean;
}

/** What a parent sends to a child. */
export type Request = CallFrame | AbortFrame;

/** What a child sends to its parent. */
export type Reply = ReturnedFrame | ThrewFrame;

/** Whether a message is the reply to a call: the functions in a child may send other messages. */
export function isReply(message: unknown, id: number): message is Reply {
  if (typeof message !== "object" || message === null) return false;
  const { kind, id: answered } = message as Partial<Reply>; // not checked yet
  return (kind === "returned" || kind === "threw") && answered === id;
}
