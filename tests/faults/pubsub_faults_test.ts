/**
 * The faults of `deno task faults pubsub`, in short.
 * @module
 */
import assert from "node:assert/strict";
import { providePeers, startPeer } from "../brokers/pubsub.ts";
import { skip, test } from "../harness.ts";
import { nothingLostOnPubsub } from "./pubsub_nothing_lost.ts";

const NAME = "PubsubServer handles everything while connections are cut";
const peers = await providePeers();
// It notices cut connections, which Google's emulator does not. It is killed in the long run only: a fake forgets what it
// confirmed and begins its numbers again, so that what is shown then is how well the test makes up for that.
const pstest = typeof peers === "string" ? undefined : peers.find(({ kind }) => kind === "pstest");

if (pstest?.found.kind === "program") {
  test(NAME, async () => {
    const { url, process } = await startPeer(pstest);
    assert.ok(process);
    await using _ending = process;
    const faults = { messages: 400, cuts: 10, restarts: 0, quiet: 1_000 };
    const { handled, left, connections } = await nothingLostOnPubsub({ url, process }, faults);
    assert.deepEqual({ handled, left }, { handled: 400, left: 0 });
    assert.ok(connections >= 12, `connected ${connections} times, so that faults went by unnoticed`);
  }, { sanitizeOps: false, sanitizeResources: false });
} else {
  skip(NAME, typeof peers === "string" ? peers : "no pstest of our own");
}
