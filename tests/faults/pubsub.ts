/**
 * The connections to Pub/Sub are cut and its service is killed, in full: `deno task faults pubsub`, with what follows or
 * more of it:
 *
 * --messages 10000 --cuts 10 --restarts 3 --on emulator
 *
 * On pstest unless told otherwise. The emulator takes minutes more, as it does not notice that connections are cut.
 * @module
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { providePeers, startPeer } from "../brokers/pubsub.ts";
import { nothingLostOnPubsub } from "./pubsub_nothing_lost.ts";

/** Takes the command line's options. Rejects where a promise is not kept. */
export async function breakIt(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: "string", default: "10000" },
      cuts: { type: "string", default: "10" },
      restarts: { type: "string", default: "3" },
      on: { type: "string", default: "pstest" },
    },
  });
  const peers = await providePeers();
  if (typeof peers === "string") throw new Error(`Cannot break Pub/Sub as it is missing: ${peers}`);
  const peer = peers.find(({ kind }) => kind === values.on);
  if (!peer) throw new Error(`Cannot break Pub/Sub as this peer is not here: ${values.on}`);
  const { url, process } = await startPeer(peer);
  if (!process) throw new Error("Cannot break Pub/Sub as the running one is not ours");
  await using _ending = process;
  const faults = {
    messages: Number(values.messages),
    cuts: Number(values.cuts),
    restarts: Number(values.restarts),
  };
  const { messages, cuts, restarts } = faults;
  console.log(
    `Nothing lost: ${messages} messages, connections cut ${cuts} times, ${peer.name} killed ${restarts} times`,
  );
  const figures = await nothingLostOnPubsub({ url, process }, faults);
  const { handled, duplicates, rejectedPublishes, republished, connections, left, duration } = figures;
  console.log(`  handled ${handled} of ${messages} in ${(duration / 1_000).toFixed(2)} s`);
  console.log(
    `  handled again: ${duplicates}; published again, as it was lost with the service: ${republished}`,
  );
  console.log(
    `  publishes that rejected and were tried again: ${rejectedPublishes}; connections: ${connections}`,
  );
  console.log(`  left: ${left}`);
  assert.equal(handled, messages);
  assert.equal(left, 0);
}
