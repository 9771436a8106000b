/**
 * The operations through which an application sends, by name.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { type Channel, toChannel } from "../contract/channel.ts";
import type { Bindings, ExternalDocs, SecurityScheme, Tag } from "../contract/metadata.ts";
import type { MessageContract } from "./message.ts";

/** An id for sending to a channel, and how the AsyncAPI document describes it. */
export interface OperationOptions {
  /** Its unique id. */
  readonly operationId: string;
  /** The channel that it sends to. */
  readonly channel: string | Channel;
  /** A human-friendly title. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** The messages that it may send. */
  readonly messages?: readonly MessageContract[] | undefined;
  /** How producers authenticate. */
  readonly security?: readonly SecurityScheme[] | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** Protocol-specific information. */
  readonly bindings?: Bindings | undefined;
}

const OPERATION_OPTIONS: KnownOptions<OperationOptions> = {
  operationId: true,
  channel: true,
  title: true,
  summary: true,
  description: true,
  messages: true,
  security: true,
  tags: true,
  externalDocs: true,
  bindings: true,
};

/** A registered operation. */
export interface Operation extends Omit<OperationOptions, "channel"> {
  /** The channel that it sends to. */
  readonly channel: Channel;
}

/** The operations by which an application sends. */
export class MessageRegistry {
  readonly #operations = new Map<string, Operation>();

  /**
   * Registers an operation. If the id is taken, the new operation replaces the old one.
   *
   * @throws {TypeError} If the id is not a non-empty string, the channel has no address, or an option is unknown.
   */
  registerOperation(operation: OperationOptions): void {
    refuseUnknown("register an operation", operation, OPERATION_OPTIONS);
    const { operationId } = operation;
    if (typeof operationId !== "string" || operationId === "") {
      throw new TypeError(
        `Cannot register an operation as its id is not a non-empty string: ${String(operationId)}`,
      );
    }
    this.#operations.set(operationId, Object.freeze({ ...operation, channel: toChannel(operation.channel) }));
  }

  /**
   * Registers a message contract as an operation of the same name.
   *
   * @throws {TypeError} If the contract names no channel.
   */
  register(message: MessageContract): void {
    const { name, channel, title, summary, description } = message;
    if (channel === undefined) {
      throw new TypeError(`Cannot register the message "${name}" as an operation as it names no channel`);
    }
    this.registerOperation({
      operationId: name,
      channel,
      messages: [message],
      ...(title !== undefined && { title }),
      ...(summary !== undefined && { summary }),
      ...(description !== undefined && { description }),
    });
  }

  /**
   * The operation of that id.
   *
   * @throws {RangeError} If it is not registered.
   */
  get(operationId: string): Operation {
    const operation = this.#operations.get(operationId);
    if (operation) return operation;
    const ids = [...this.#operations.keys()].map((id) => `"${id}"`).join(", ");
    throw new RangeError(
      `Cannot use the operation "${operationId}" as it is not registered: there is ${ids || "none"}`,
    );
  }

  /** Whether an operation of that id is registered. */
  has(operationId: string): boolean {
    return this.#operations.has(operationId);
  }

  /** Every id with its operation, in registration order. */
  entries(): IterableIterator<[string, Operation]> {
    return this.#operations.entries();
  }
}
