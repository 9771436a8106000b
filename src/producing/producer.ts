/**
 * Sending: encode, validate what was encoded, set the routing headers, run the middlewares, publish.
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

/** Where messages are published: a server, or its replacement in tests. */
export type PublishTarget = Pick<Server, "publish">;

/** What a producer needs of its application. */
export interface ProducerOptions {
  readonly serializer?: Serializer | undefined;
  readonly middlewares?: readonly ProducerMiddleware[] | undefined;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  /** The replacements of one test client. */
  readonly overrides?: Overrides | undefined;
  readonly operations: MessageRegistry;
  /** The server of that name; without a name the default server. */
  readonly serverOf: (name: string | undefined) => PublishTarget;
  /** The channel and converter that an actor gets from its routers, if it names none itself. */
  readonly defaultsOf: (target: Sendable) => ActorDefaults | undefined;
}

/** What an actor gets from its routers. */
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

  /** Producers of one application share the validators of its contracts. */
  constructor(options: ProducerOptions, validators: Validators = new WeakMap()) {
    checkMiddlewares(options.middlewares ?? []);
    this.#options = options;
    this.#serializer = options.serializer ?? defaultSerializer;
    this.#validators = validators;
  }

  /** A producer of the same application for other servers: the one that a message came from, or a test client. */
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

  /** Sends what a contract or an actor declares, after validating it as its consumers will. */
  async send(target: Sendable, payload: unknown, given?: SendOptions): Promise<void> {
    const { channel, converter } = this.#destinationOf(target);
    if (given !== undefined) checkSendOptions(target.name, given);
    const options = given ?? NO_OPTIONS;
    const routing = routingHeaders(target);
    // First, so that they come first on the wire; and again, as passed-on headers of another message must not change the route.
    const headers = toHeaders(options.headers ? { ...routing, ...options.headers, ...routing } : routing);
    const { body, contentType } = this.#encode(payload, converter);
    const message = { payload: body, contentType, headers, replyTo: options.replyTo };
    const validator = this.#validatorOf(target);
    if (validator.readsAnything) {
      // The value that a consumer will see: without `undefined`, and with dates as text.
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

  /** Runs the middlewares around another function than {@linkcode publish}, such as a native reply. */
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
      throw new TypeError(`Cannot send as the target is neither a contract nor an actor: ${String(target)}`);
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

/** The headers that route a message to its actors. */
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
    // An assignment would set the prototype of the object.
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

/** A message to publish, from the parts that were passed. */
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
