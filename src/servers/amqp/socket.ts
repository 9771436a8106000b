/**
 * The socket below an AMQP connection.
 * @module
 */
import { Buffer } from "node:buffer";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Settings } from "./options.ts";

/** Connects; the frames of one turn of the event loop leave in one write. */
export function openSocket(settings: Settings, connected: () => void): Socket {
  return joinWrites(connect(settings, connected));
}

function connect({ secure, host, port, tls }: Settings, connected: () => void): Socket {
  const socket = secure
    ? connectTls({
      ...tls,
      host,
      port,
      // Deno and Bun refuse an IP address as the name; rhea would give it to them.
      servername: tls.servername ?? (isIP(host) ? "" : host),
    }, connected)
    : connectTcp({ host, port }, connected);
  // Small frames wait for nothing: three to five times the rate.
  socket.setNoDelay(true);
  return socket;
}

/** rhea writes each frame by itself. */
function joinWrites(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (data: Uint8Array) => boolean;
  const end = socket.end.bind(socket);
  let waiting: Uint8Array[] = [];
  const flush = (): void => {
    const chunks = waiting;
    waiting = [];
    if (chunks.length > 0 && socket.writable) {
      write(chunks.length === 1 ? chunks[0] as Uint8Array : Buffer.concat(chunks));
    }
  };
  socket.write = ((data: Uint8Array): boolean => {
    if (waiting.push(data) === 1) queueMicrotask(flush);
    return true;
  }) as typeof socket.write;
  socket.end = ((): Socket => {
    flush();
    return end();
  }) as typeof socket.end;
  return socket;
}
