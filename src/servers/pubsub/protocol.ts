/**
 * The messages of Google's published definitions (`google/pubsub/v1/pubsub.proto`, `google/rpc/status.proto`,
 * `google/rpc/error_details.proto`, `google/protobuf/any.proto`) that are used here, with the fields that are used: a peer's
 * other fields are skipped, as protocol buffers have it. Nothing is fetched or generated at run time.
 * @module
 */
import protobuf from "protobufjs/light.js";

/** One message, as it is published and received. */
export interface PubsubMessage {
  readonly data?: Uint8Array;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly messageId?: string;
  readonly orderingKey?: string;
}

/** `PublishRequest`. */
export interface PublishRequest {
  readonly topic: string;
  readonly messages: readonly PubsubMessage[];
}

/** `PublishResponse`. */
export interface PublishResponse {
  readonly messageIds: readonly string[];
}

/** `AcknowledgeRequest`. */
export interface AcknowledgeRequest {
  readonly subscription: string;
  readonly ackIds: readonly string[];
}

/** `ModifyAckDeadlineRequest`. */
export interface ModifyAckDeadlineRequest extends AcknowledgeRequest {
  readonly ackDeadlineSeconds?: number;
}

/** `StreamingPullRequest`: the first of a stream says everything, later ones only the deadline. */
export interface StreamingPullRequest {
  readonly subscription?: string;
  readonly streamAckDeadlineSeconds: number;
  readonly clientId?: string;
  readonly maxOutstandingMessages?: number;
  readonly maxOutstandingBytes?: number;
}

/** `ReceivedMessage`. */
export interface ReceivedMessage {
  readonly ackId: string;
  readonly message: PubsubMessage | null;
  readonly deliveryAttempt: number;
}

/** `StreamingPullResponse`. */
export interface StreamingPullResponse {
  readonly receivedMessages: readonly ReceivedMessage[];
}

/** `google.rpc.Status`, as it travels beside a failed call. */
export interface Status {
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}

/** `google.rpc.ErrorInfo`. */
export interface ErrorInfo {
  readonly metadata: Readonly<Record<string, string>>;
}

/** To bytes and back. */
export interface Codec<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

/** One remote procedure. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

const DEFINITIONS: protobuf.INamespace = {
  nested: {
    PubsubMessage: {
      fields: {
        data: { type: "bytes", id: 1 },
        attributes: textMap(2),
        messageId: { type: "string", id: 3 },
        orderingKey: { type: "string", id: 5 },
      },
    },
    PublishRequest: {
      fields: {
        topic: { type: "string", id: 1 },
        messages: { rule: "repeated", type: "PubsubMessage", id: 2 },
      },
    },
    PublishResponse: { fields: { messageIds: { rule: "repeated", type: "string", id: 1 } } },
    AcknowledgeRequest: {
      fields: {
        subscription: { type: "string", id: 1 },
        ackIds: { rule: "repeated", type: "string", id: 2 },
      },
    },
    ModifyAckDeadlineRequest: {
      fields: {
        subscription: { type: "string", id: 1 },
        ackDeadlineSeconds: { type: "int32", id: 3 },
        ackIds: { rule: "repeated", type: "string", id: 4 },
      },
    },
    StreamingPullRequest: {
      fields: {
        subscription: { type: "string", id: 1 },
        streamAckDeadlineSeconds: { type: "int32", id: 5 },
        clientId: { type: "string", id: 6 },
        maxOutstandingMessages: { type: "int64", id: 7 },
        maxOutstandingBytes: { type: "int64", id: 8 },
      },
    },
    ReceivedMessage: {
      fields: {
        ackId: { type: "string", id: 1 },
        message: { type: "PubsubMessage", id: 2 },
        deliveryAttempt: { type: "int32", id: 3 },
      },
    },
    StreamingPullResponse: {
      fields: { receivedMessages: { rule: "repeated", type: "ReceivedMessage", id: 1 } },
    },
    Empty: { fields: {} },
    Any: { fields: { typeUrl: { type: "string", id: 1 }, value: { type: "bytes", id: 2 } } },
    Status: {
      fields: {
        code: { type: "int32", id: 1 },
        message: { type: "string", id: 2 },
        details: { rule: "repeated", type: "Any", id: 3 },
      },
    },
    ErrorInfo: {
      fields: {
        reason: { type: "string", id: 1 },
        domain: { type: "string", id: 2 },
        metadata: textMap(3),
      },
    },
  },
};

function textMap(id: number): protobuf.IMapField {
  return { keyType: "string", type: "string", id };
}

const definitions = protobuf.Root.fromJSON(DEFINITIONS);

/** The codec of one of the messages above. */
function codec<T>(name: string): Codec<T> {
  const type = definitions.lookupType(name);
  return {
    encode: (value) => type.encode(value as Record<string, unknown>).finish(),
    // The library answers what the definition says, which is what the interface says.
    decode: (bytes) => type.decode(bytes) as unknown as T,
  };
}

const empty: Codec<unknown> = codec("Empty");

/** `google.pubsub.v1.Publisher.Publish`. */
export const publish: Method<PublishRequest, PublishResponse> = {
  path: "/google.pubsub.v1.Publisher/Publish",
  request: codec("PublishRequest"),
  response: codec("PublishResponse"),
};

/** `google.pubsub.v1.Subscriber.Acknowledge`. */
export const acknowledge: Method<AcknowledgeRequest, unknown> = {
  path: "/google.pubsub.v1.Subscriber/Acknowledge",
  request: codec("AcknowledgeRequest"),
  response: empty,
};

/** `google.pubsub.v1.Subscriber.ModifyAckDeadline`. */
export const modifyAckDeadline: Method<ModifyAckDeadlineRequest, unknown> = {
  path: "/google.pubsub.v1.Subscriber/ModifyAckDeadline",
  request: codec("ModifyAckDeadlineRequest"),
  response: empty,
};

/** `google.pubsub.v1.Subscriber.StreamingPull`. */
export const streamingPull: Method<StreamingPullRequest, StreamingPullResponse> = {
  path: "/google.pubsub.v1.Subscriber/StreamingPull",
  request: codec("StreamingPullRequest"),
  response: codec("StreamingPullResponse"),
};

/** What a failed call carries in `grpc-status-details-bin`. */
export const status: Codec<Status> = codec("Status");

/** One of the details of a {@linkcode Status}. */
export const errorInfo: Codec<ErrorInfo> = codec("ErrorInfo");
