/**
 * No broker and no framework: `await handle(JSON.parse(payload))`, so many loops at once over one list.
 * @module
 */
import { type Body, decode, encode, newBody } from "./body.ts";
import type { Contender, Handle } from "./contender.ts";

export function open(): Promise<Contender> {
  return Promise.resolve(new Bare());
}

class Bare implements Contender {
  readonly #payloads: Uint8Array[] = [];
  #next = 0;

  publish(body: Body): Promise<void> {
    this.#payloads.push(encode(body));
    return Promise.resolve();
  }

  fill(count: number, from = 0): Promise<void> {
    for (let id = from; id < from + count; id++) this.#payloads.push(encode(newBody(id)));
    return Promise.resolve();
  }

  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    let isStopped = false;
    const lane = async (): Promise<void> => {
      // Not in the turn in which it was started.
      await new Promise((resolve) => setTimeout(resolve));
      while (!isStopped) {
        const payload = this.#payloads[this.#next];
        if (payload) {
          this.#next++;
          await handle(decode(payload));
        } else await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const lanes = Promise.all(Array.from({ length: concurrency }, lane));
    return Promise.resolve(async () => {
      isStopped = true;
      await lanes;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
