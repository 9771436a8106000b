/**
 * A context for calling handlers directly.
 * @module
 */
import type { ActorContext, ActorInfo } from "../declaration/context.ts";
import type { Message } from "../declaration/message.ts";
import { RecordedMessage } from "./test_message.ts";

/**
 * A context for calling handlers directly. The defaults: no headers, no dependencies, a signal that never aborts, and an empty
 * message that sends nothing and records the first action on it.
 *
 * @example
 * ```ts
 * import { dependency, Router } from "@repid/core";
 * import { mockContext } from "@repid/core/testing";
 * import { type } from "arktype";
 * import assert from "node:assert/strict";
 *
 * const verify = dependency(() => false);
 * const update = new Router().actor(
 *   { name: "update", payload: type({ id: "number" }), deps: { verify } },
 *   ({ id }, { deps }) => deps.verify ? id : 0,
 * );
 * assert.equal(update.handler({ id: 1 }, mockContext({ deps: { verify: true } })), 1);
 * ```
 */
// deno-lint-ignore no-explicit-any -- the context's own type is inferred from the handler it is passed to
export function mockContext<C extends ActorContext<any, any>>(given: NoInfer<Partial<C>> = {}): C {
  const actor: ActorInfo = { name: "test", channel: "test", confirmationMode: "auto", timeout: Infinity };
  const { signal = new AbortController().signal, ...others } = given as Partial<ActorContext>;
  // A getter that spreading does not copy, as in the real context.
  const context = Object.create({
    get signal() {
      return signal;
    },
  });
  // What the handler uses and was not passed is undefined, as in any incomplete mock.
  return Object.assign(context, { message: new MockMessage(), actor, headers: {}, deps: {} }, others);
}

/** A message that sends nothing. */
class MockMessage extends RecordedMessage implements Message {
  text(): string {
    return new TextDecoder().decode(this.payload);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }

  reply(): Promise<boolean> {
    return Promise.resolve(this.act("replied"));
  }

  replyJson(): Promise<boolean> {
    return this.reply();
  }

  sendMessage(): Promise<void> {
    return Promise.resolve();
  }

  sendMessageJson(): Promise<void> {
    return Promise.resolve();
  }

  send(): Promise<void> {
    return Promise.resolve();
  }
}
