/**
 * p-queue: functions in this process, so many at once.
 * @module
 */
import PQueue from "p-queue";
import { type Body, decode, encode, newBody } from "../compare/body.ts";
import type { Contender, Handle } from "../compare/contender.ts";

export function open(): Promise<Contender> {
  return Promise.resolve(new PQueueContender());
}

class PQueueContender implements Contender {
  readonly #queue = new PQueue({ autoStart: false });
  #handle: Handle = () => {};

  publish(body: Body): Promise<void> {
    this.#add(encode(body));
    return Promise.resolve();
  }

  fill(count: number, from = 0): Promise<void> {
    for (let id = from; id < from + count; id++) this.#add(encode(newBody(id)));
    return Promise.resolve();
  }

  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    this.#handle = handle;
    this.#queue.concurrency = concurrency;
    this.#queue.start();
    return Promise.resolve(() => {
      this.#queue.pause();
      return Promise.resolve();
    });
  }

  close(): Promise<void> {
    this.#queue.clear();
    return Promise.resolve();
  }

  #add(payload: Uint8Array): void {
    void this.#queue.add(async () => await this.#handle(decode(payload)));
  }
}
