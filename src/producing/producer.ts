/**
 * Sending: encode, check what was encoded, set the routing headers, run the middlewares, publish.
 * @module
 */
import type {
  Destination,
  Sendable,
  SendMessageJsonOptions,
  SendMessageOptions,
  SendOptions,
} from "../declaration/sending.ts";
import type { MessageRegistry } from "../declaration/message_registry.ts";
import type { Compiled } from "../declaration/compiled.ts";
import type { Declaration, Overrides } from "../declaration/declared_inputs.ts";
import { promised } from "../_internal/maybe_promise.ts";
import { toChannel } from "../contract/channel.ts";
import { type Converter, decodeWith, jsonConverter } from "../declaration/converter.ts";
import type { JsonSchemaConverters } from "../declaration/json_schema.ts";
import {
  checkMiddlewares,
  compose,
  type ProducerCall,
  type ProducerCallChanges,
  type ProducerMiddleware,
} from "../declaration/middleware.ts";
import { topicBasedRoutingStrategy } from "../declaration/routing.ts";
import { defaultSerializer, type Serializer } from "../contract/serializer.ts";
import { checkMessageOptions, checkParts, checkSendOptions } from "./send_options.ts";
import type { MessageData, MessageHeaders, Server, ServerSpecificParameters } from "../contract/server.ts";
import { type InputValidator, validatorOf } from "../validation/validation.ts";

/** Publishes through one server. */
export type Publish = (call: ProducerCall) => Promise<void>;

/** Where messages end up: a server, or what stands in for one in tests. */
export type PublishTarget = Pick<Server, "publish">;

/** What a producer needs to know of its application. */
export interface ProducerOptions {
  readonly serializer?: Serializer | undefined;
  readonly middlewares?: readonly ProducerMiddleware[] | undefined;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  /** Replacements of one test client. */
  readonly overrides?: Overrides | undefined;
  readonly operations: MessageRegistry;
  /** The server of that name; without a name the default one. */
  readonly serverOf: (name: string | undefined) => PublishTarget;
  /** Where an actor that names no channel or converter itself listens, and how it decodes. */
  readonly defaultsOf: (target: Sendable) => ActorDefaults | undefined;
}

/** What an actor got from its routers. */
export interface ActorDefaults {
  readonly channel: string;
  readonly converter: Converter;
}

type Validators = WeakMap<Sendable, Compiled<InputValidator>>;

const encoder = new TextEncoder();
const NO_OPTIONS: SendOptions = Object.freeze({});
const NO_HEADERS: MessageHeaders = Object.freeze({});
const NO_PARAMETERS: ServerSpecificParameters = Object.freeze({});
const EMPTY = new Uint8Array();

/** Sends messages on behalf of an application, an actor or a test client. */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #serializer: Serializer;
  readonly #publishers = new WeakMap<PublishTarget, Publish>();
  readonly #validators: Validators;

  /** Producers of one application share what they know of its contracts. */
  constructor(options: ProducerOptions, validators: Validators = new WeakMap()) {
    checkMiddlewares(options.middlewares ?? []);
    this.#options = options;
    this.#serializer = options.serializer ?? defaultSerializer;
    this.#validators = validators;
  }

  /** The same application, sending elsewhere: through the server that a message came from, or into a test client. */
  through(serverOf: ProducerOptions["serverOf"], overrides?: Overrides): Producer {
    if (overrides) return new Producer({ ...this.#options, serverOf, overrides });
    return new Producer({ ...this.#options, serverOf }, this.#validators);
  }

  /** Sends bytes or text. */
  async sendMessage(options: SendMessageOptions): Promise<void> {
    checkMessageOptions(options);
    const channel = this.#channelOf(options);
    await this.#publish(channel, toMessageData(options), options);
  }

  /** Sends a value as JSON, or as whatever the serializer writes. */
  async sendMessageJson(options: SendMessageJsonOptions): Promise<void> {
    checkMessageOptions(options);
    const channel = this.#channelOf(options);
    const { serializer = this.#serializer, headers, replyTo } = options;
    const payload = serializer(options.payload);
    const message = toMessageData({ payload, contentType: contentTypeOf(serializer), headers, replyTo });
    await this.#publish(channel, message, options);
  }

  /** Sends what a contract or an actor declares, after checking it as its consumers will. */
  async send(target: Sendable, payload: unknown, given?: SendOptions): Promise<void> {
    const { channel, converter } = this.#destinationOf(target);
    if (given !== undefined) checkSendOptions(target.name, given);
    const options = given ?? NO_OPTIONS;
    const routing = routingHeaders(target);
    // First, as on the wire of old; and again, as headers passed on from another message must not lead elsewhere.
    const headers = toHeaders(options.headers ? { ...routing, ...options.headers, ...routing } : routing);
    const { body, contentType } = this.#encode(payload, converter);
    const message = { payload: body, contentType, headers, replyTo: options.replyTo };
    const validator = this.#validatorOf(target);
    if (validator.readsAnything) {
      // What a consumer will see: without `undefined`, and with dates as text.
      const seen = validator.readsPayload ? decodeWith(converter, message) : undefined;
      const validating = validator.validate(seen, headers);
      if (validating instanceof Promise) await validating;
    }
    await this.#publish(channel, message, options);
  }

  /** The bytes of a value in the application's own format. */
  serialize(value: unknown): { readonly payload: Uint8Array; readonly contentType: string } {
    return { payload: toBytes(this.#serializer(value)), contentType: contentTypeOf(this.#serializer) };
  }

  /** Runs the middlewares around something other than {@linkcode publish}, such as a native reply. */
  publishWith(publish: Publish, call: ProducerCall): Promise<void> {
    return this.#around(publish)(call);
  }

  /** Publishes through the default server, without middlewares. */
  async publish({ channel, message, serverSpecificParameters }: ProducerCall): Promise<void> {
    await this.#options.serverOf(undefined).publish(channel, message, serverSpecificParameters);
  }

  #publish(
    channel: string,
    message: MessageData,
    { server, serverSpecificParameters = NO_PARAMETERS }: SendOptions,
  ): Promise<void> {
    return this.#publisherOf(server)({ channel, message, serverSpecificParameters });
  }

  #publisherOf(name: string | undefined): Publish {
    const server = this.#options.serverOf(name);
    const known = this.#publishers.get(server);
    if (known) return known;
    const publish = this.#around((call) =>
      server.publish(call.channel, call.message, call.serverSpecificParameters)
    );
    this.#publishers.set(server, publish);
    return publish;
  }

  #around(publish: Publish): Publish {
    const around = compose(this.#options.middlewares ?? [], changeProducerCall, publish);
    return (call) => promised(() => around(call));
  }

  #channelOf({ channel, operationId }: Destination): string {
    if ((channel === undefined) === (operationId === undefined)) {
      const given = channel === undefined ? "neither" : "both";
      throw new TypeError(
        `Cannot send the message as it needs either a channel or an operationId: ${given} given`,
      );
    }
    if (operationId === undefined) return toChannel(channel).address;
    return this.#options.operations.get(operationId).channel.address;
  }

  #destinationOf(target: Sendable): ActorDefaults {
    const { name, channel, converter } = target ?? {};
    if (typeof name !== "string") {
      throw new TypeError(`Cannot send to what is neither a contract nor an actor: ${target}`);
    }
    const inherited = channel === undefined || converter === undefined
      ? this.#options.defaultsOf(target)
      : undefined;
    const address = channel === undefined ? inherited?.channel : toChannel(channel).address;
    if (address === undefined) {
      throw new TypeError(
        `Cannot send "${name}" as it names no channel and belongs to no router of this application`,
      );
    }
    return { channel: address, converter: converter ?? inherited?.converter ?? jsonConverter };
  }

  #encode(payload: unknown, converter: Converter): { body: Uint8Array; contentType: string | undefined } {
    if (payload === undefined) return { body: EMPTY, contentType: undefined };
    if (converter.encode) {
      return { body: toBytes(converter.encode(payload)), contentType: converter.contentType };
    }
    return { body: toBytes(this.#serializer(payload)), contentType: contentTypeOf(this.#serializer) };
  }

  #validatorOf(target: Sendable): InputValidator {
    const known = this.#validators.get(target) ?? validatorOf(declarationOf(target), {
      ...this.#options,
      routingHeaders: Object.keys(routingHeaders(target)),
    });
    this.#validators.set(target, known);
    return known.current;
  }
}

/** The headers that bring a message to those that handle it. */
function routingHeaders(target: Sendable): MessageHeaders {
  const { routingStrategy = topicBasedRoutingStrategy } = target;
  return routingStrategy.headers?.(target) ?? NO_HEADERS;
}

/** A contract declares its schemas itself; an actor's dependencies are among its options. */
function declarationOf(target: Sendable & { readonly options?: Declaration }): Declaration {
  return target.options ?? target;
}

function contentTypeOf(serializer: Serializer): string {
  return serializer.contentType ?? "application/json";
}

/** Bytes as they are, text as UTF-8. */
export function toBytes(payload: Uint8Array | string): Uint8Array {
  if (typeof payload === "string") return encoder.encode(payload);
  if (payload instanceof Uint8Array) return payload;
  throw new TypeError(`Cannot send the payload as it is neither bytes nor text: ${typeof payload}`);
}

/** Headers without those that are `undefined`. */
function toHeaders(headers: MessageHeaders | undefined): MessageHeaders {
  if (headers === undefined) return NO_HEADERS;
  const checked: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value: unknown = headers[name];
    if (value === undefined) continue;
    if (typeof value !== "string") {
      throw new TypeError(`Cannot send the header "${name}" as its value is not text: ${typeof value}`);
    }
    // Set like any other, this one would be no header but the object's prototype.
    if (name === "__proto__") Object.defineProperty(checked, name, { value, enumerable: true });
    else checked[name] = value;
  }
  return checked;
}

function changeProducerCall(call: ProducerCall, changes: ProducerCallChanges): ProducerCall {
  const {
    channel = call.channel,
    message = call.message,
    serverSpecificParameters = call.serverSpecificParameters,
  } = changes;
  return { channel, message, serverSpecificParameters };
}

/** A message as it is published, from the parts that actors give. */
export function toMessageData(options: {
  readonly payload: Uint8Array | string;
  readonly headers?: MessageHeaders | undefined;
  readonly contentType?: string | undefined;
  readonly replyTo?: string | undefined;
}): MessageData {
  checkParts(options);
  const { payload, headers, contentType, replyTo } = options;
  return { payload: toBytes(payload), headers: toHeaders(headers), contentType, replyTo };
}
