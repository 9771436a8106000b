/**
 * ioredis by hand, on the same streams: entries are read as there is room, the acknowledgements of a turn of the event loop
 * leave in one command. `raw` frees a slot when Redis has the acknowledgement; `eager` as soon as the handler has ended, so
 * that more than the concurrency may be unacknowledged, as with the framework (which allows twice the concurrency);
 * `deleting` also deletes what it has acknowledged, as the framework does by default.
 * @module
 */
import { Redis } from "ioredis";
import { type Body, decode, encode, newBody } from "./body.ts";
import type { Contender, Handle, Place } from "./contender.ts";
import { handleThen, Slots } from "./slots.ts";

/** How many commands fill at once. */
const FILL = 1_000;

type Entry = [id: Buffer, fields: Buffer[]];
type Reply = [stream: Buffer, entries: Entry[]][] | null;

export async function open({ url, channel, variant }: Place): Promise<Contender> {
  const commands = new Redis(url, { enableAutoPipelining: true, lazyConnect: true });
  await commands.connect();
  return new RawRedis(commands, channel, variant);
}

class RawRedis implements Contender {
  readonly #commands: Redis;
  readonly #stream: string;
  readonly #group: string;
  readonly #variant: string;

  constructor(commands: Redis, channel: string, variant: string) {
    this.#commands = commands;
    this.#stream = `repid:${channel}`;
    this.#group = `${this.#stream}:group`;
    this.#variant = variant;
  }

  publish(body: Body): Promise<unknown> {
    return this.#commands.xadd(this.#stream, "*", ...fields(body));
  }

  async fill(count: number, from = 0): Promise<void> {
    for (let id = from; id < from + count; id += FILL) {
      const pipeline = this.#commands.pipeline();
      for (let i = id; i < Math.min(id + FILL, from + count); i++) {
        pipeline.xadd(this.#stream, "*", ...fields(newBody(i)));
      }
      await pipeline.exec();
    }
  }

  async consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    const commands = this.#commands;
    // It exists already where another process has made it.
    await commands.xgroup("CREATE", this.#stream, this.#group, "0", "MKSTREAM").catch(() => {});
    const reader = new Redis({ ...commands.options, enableAutoPipelining: false });
    await reader.connect();
    const slots = new Slots(concurrency);
    const consumer = crypto.randomUUID();
    let ids: Buffer[] = [];
    let isStopped = false;

    const flush = async (): Promise<void> => {
      const done = ids;
      ids = [];
      if (this.#variant === "deleting") void commands.xdel(this.#stream, ...done);
      await commands.xack(this.#stream, this.#group, ...done);
      if (this.#variant !== "eager") slots.release(done.length);
    };
    const finish = (id: Buffer): void => {
      if (ids.push(id) === 1) setImmediate(() => void flush());
      if (this.#variant === "eager") slots.release(1);
    };
    const loop = async (): Promise<void> => {
      while (!isStopped) {
        await slots.available();
        const reply = await reader.callBuffer(
          "XREADGROUP",
          "GROUP",
          this.#group,
          consumer,
          "COUNT",
          slots.free,
          "BLOCK",
          100,
          "STREAMS",
          this.#stream,
          ">",
        ) as Reply;
        for (const [, entries] of reply ?? []) {
          slots.take(entries.length);
          for (const [id, values] of entries) {
            // The payload is the first of the fields.
            handleThen(handle, decode(values[1] ?? id), () => finish(id));
          }
        }
      }
    };
    const looping = loop();
    return async () => {
      isStopped = true;
      await looping;
      reader.disconnect();
    };
  }

  async close(): Promise<void> {
    await this.#commands.quit();
  }
}

/** As the framework writes them, so that it can read them. */
function fields(body: Body): (string | Buffer)[] {
  const { buffer, byteOffset, byteLength } = encode(body);
  return [
    "payload",
    Buffer.from(buffer, byteOffset, byteLength),
    "headers",
    '{"topic":"work"}',
    "content_type",
    "application/json",
  ];
}
