/**
 * What this process sends to an AMQP broker, frame by frame and write by write: counts that do not depend on the machine.
 * @module
 */
import { Socket } from "node:net";

const NAMES: Readonly<Record<number, string>> = {
  0x10: "open",
  0x11: "begin",
  0x12: "attach",
  0x13: "flow",
  0x14: "transfer",
  0x15: "disposition",
  0x16: "detach",
  0x17: "end",
  0x18: "close",
};

/** Counts from its making on, for connections that are made while it listens. */
export class SentFrames implements Disposable {
  readonly #write = Socket.prototype.write;
  #frames: string[] = [];
  #writes = 0;
  #mechanism: string | undefined;
  #begun: number[] = [];

  constructor(port: number) {
    const [write, hear] = [this.#write, (data: Uint8Array): void => this.#hear(data)];
    Socket.prototype.write = function (this: Socket, ...args: Parameters<Socket["write"]>): boolean {
      const [data] = args;
      if (this.remotePort === port && data instanceof Uint8Array) hear(data);
      return write.apply(this, args);
    } as Socket["write"];
  }

  /** How many frames of that name were sent. */
  count(name: string): number {
    return this.#frames.filter((one) => one === name).length;
  }

  /** How many frames were sent. */
  get size(): number {
    return this.#frames.length;
  }

  /** In how many writes. */
  get writes(): number {
    return this.#writes;
  }

  /** The channels of the sessions that were begun. */
  get begun(): readonly number[] {
    return this.#begun;
  }

  /** How the last connection logged in, such as `PLAIN`. */
  get mechanism(): string | undefined {
    return this.#mechanism;
  }

  /** Forgets what was counted so far. */
  reset(): void {
    this.#frames = [];
    this.#begun = [];
    this.#writes = 0;
  }

  /** Leaves sockets that are made from now on alone. */
  [Symbol.dispose](): void {
    Socket.prototype.write = this.#write;
  }

  #hear(data: Uint8Array): void {
    this.#writes++;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let offset = 0; offset + 8 <= data.length;) {
      const size = view.getUint32(offset);
      // The header of a protocol begins with "AMQP".
      if (size === 0x414d5150) offset += 8;
      else {
        const frame = data.subarray(offset, offset + size);
        const name = nameOf(frame);
        this.#frames.push(name);
        if (name === "begin") this.#begun.push(view.getUint16(offset + 6));
        this.#mechanism = mechanismOf(frame) ?? this.#mechanism;
        offset += size;
      }
    }
  }
}

function nameOf(frame: Uint8Array): string {
  const [, , , , dataOffset = 2, type] = frame;
  const code = frame[dataOffset * 4 + 2];
  if (type !== 0) return "sasl";
  return code === undefined ? "empty" : NAMES[code] ?? "unknown";
}

/** What a frame that begins a login asks for. */
function mechanismOf(frame: Uint8Array): string | undefined {
  const [, , , , dataOffset = 2, type] = frame;
  if (type !== 1 || frame[dataOffset * 4 + 2] !== 0x41) return undefined;
  return /ANONYMOUS|EXTERNAL|PLAIN/.exec(new TextDecoder("latin1").decode(frame))?.[0];
}
