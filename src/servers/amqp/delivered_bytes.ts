/**
 * The body of a message that came: the one object that a delivery and the message an actor sees have in common.
 * @module
 */

/** Bytes that know of what delivery they are. A `WeakMap` would cost a tenth of all that a message costs. */
export class DeliveredBytes extends Uint8Array<ArrayBufferLike> {
  #delivery: unknown;

  /** What is cut out of them is a plain array. */
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  /** Remembers of what they are. */
  static mark(bytes: DeliveredBytes, delivery: unknown): void {
    bytes.#delivery = delivery;
  }

  /** Of what they are; `undefined` where they came from elsewhere. */
  static deliveryOf(bytes: Uint8Array): unknown {
    return #delivery in bytes ? bytes.#delivery : undefined;
  }
}
