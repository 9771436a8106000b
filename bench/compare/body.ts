/**
 * What is sent: the same small body by everybody.
 * @module
 */

/** A body, as handlers get it. */
export interface Body {
  /** Counts from 0, on each channel. */
  readonly id: number;
  /** When it was sent, on the sender's clock, in milliseconds. */
  readonly at: number;
  readonly name: string;
  readonly tags: string[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A body to send. */
export function newBody(id: number): Body {
  return { id, at: performance.now(), name: "Ada", tags: ["a", "b"] };
}

/** As JSON, in bytes. */
export function encode(body: Body): Uint8Array {
  return encoder.encode(JSON.stringify(body));
}

/** From JSON, unchecked, as somebody would do who trusts the sender. */
export function decode(bytes: Uint8Array): Body {
  return JSON.parse(decoder.decode(bytes)) as Body;
}
