/**
 * The channels of a document.
 * @module
 */
import type { Channel } from "../contract/channel.ts";
import { compact, type Components, NamedStore, reference, toKey } from "./components.ts";
import type { AsyncApiChannel, AsyncApiReference } from "./document.ts";

/** A channel that is not written yet. */
interface Draft {
  readonly address: string | null;
  /** The descriptions of it, in the order in which they were added. */
  readonly described: Omit<Channel, "address">[];
  readonly messages: Set<string>;
}

/** Collects channels: one for each address, with all its descriptions merged. */
export class Channels {
  readonly #components: Components;
  readonly #keys = new NamedStore();
  readonly #drafts = new Map<string, Draft>();

  constructor(components: Components) {
    this.#components = components;
  }

  /** Adds a channel and messages on it. A later description of the same channel wins over an earlier one. */
  add({ address, ...described }: Channel, messages: readonly string[]): AddedChannel {
    const key = this.#keys.add(toKey(address), JSON.stringify(address), () => ({}));
    return this.#mention(key, address, described, messages);
  }

  /** Adds a channel whose address each message names. */
  addDynamic(name: string, description: string, messages: readonly string[]): AddedChannel {
    const key = this.#keys.add(toKey(name), `dynamic ${name}`, () => ({}));
    return this.#mention(key, null, { description }, messages);
  }

  /** Every channel, in the order in which they were first added. */
  toRecord(): Record<string, AsyncApiChannel> {
    return Object.fromEntries([...this.#drafts].map(([key, draft]) => [key, this.#write(key, draft)]));
  }

  #mention(
    key: string,
    address: string | null,
    described: Omit<Channel, "address">,
    messages: readonly string[],
  ): AddedChannel {
    const draft = this.#drafts.get(key) ?? { address, described: [], messages: new Set() };
    this.#drafts.set(key, draft);
    draft.described.push(described);
    for (const message of messages) draft.messages.add(message);
    return {
      channel: reference("channels", key),
      messages: messages.map((message) => reference("channels", key, "messages", message)),
    };
  }

  #write(key: string, { address, described, messages }: Draft): AsyncApiChannel {
    const { title, summary, description, tags, externalDocs, bindings }: Omit<Channel, "address"> = Object
      .assign(
        {},
        ...described.map(compact),
      );
    const expressions = [...(address ?? "").matchAll(/\{(.+?)\}/g)].map(([, name = ""]) => [name, {}]);
    const entries = [...messages].map((name) => [name, reference("components", "messages", name)]);
    return compact({
      address,
      title,
      summary,
      description,
      tags: this.#components.tags(tags),
      externalDocs: this.#components.externalDocs(externalDocs),
      bindings: this.#components.bindings("channelBindings", `${key}_bindings`, bindings),
      parameters: expressions.length > 0 ? Object.fromEntries(expressions) : undefined,
      messages: entries.length > 0 ? Object.fromEntries(entries) : undefined,
    });
  }
}

/** References to a channel and its messages. */
export interface AddedChannel {
  readonly channel: AsyncApiReference;
  readonly messages: readonly AsyncApiReference[];
}
