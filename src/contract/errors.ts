/**
 * Errors that callers may want to distinguish. Misuse is a `TypeError` or a `RangeError` instead.
 * @module
 */
import type { Settlement } from "./server.ts";

/** Thrown if something needs the broker and `connect()` was not called. */
export class NotConnectedError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "NotConnectedError";

  /** `doing` is what could not be done: `"publish"`. */
  constructor(doing: string) {
    super(`Cannot ${doing} as the server is not connected: call connect() first`);
  }
}

/** One problem with a message. */
export interface MessageIssue {
  /** The part of the message that is invalid. */
  readonly in: "payload" | "headers";
  /** Where in that part; `[]` for the whole part. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, in the words of the schema library. It may quote the invalid value. */
  readonly message: string;
}

/** Thrown if a message does not match the schemas of an actor, of its dependencies or of a contract. */
export class MessageValidationError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "MessageValidationError";
  /** Every problem found, in the payload and in the headers. */
  readonly issues: readonly MessageIssue[];

  /** The error's message lists the issues; `cause` is what a decoder or schema library threw, if it threw. */
  constructor(issues: readonly MessageIssue[], options?: ErrorOptions) {
    super(`Cannot accept the message as it is invalid: ${issues.map(formatIssue).join("; ")}`, options);
    this.issues = issues;
  }
}

/** The reason of an actor's signal if the lease of its message is lost: another worker may handle the message. */
export class LeaseLostError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "LeaseLostError";
  /** The id of the message. */
  readonly messageId: string | undefined;

  /** `messageId` identifies the message. */
  constructor(messageId: string | undefined) {
    super(`Cannot keep the message as its lease was lost: ${messageId ?? "without an id"}`);
    this.messageId = messageId;
  }
}

/**
 * Thrown by an `onError` or `onTimeout` that failed and knows how to settle the message then. The failure is reported
 * (`actor.policy.error`) and the message settled as the error says. After any other error of a policy the message is nacked.
 */
export class PolicyError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "PolicyError";
  /** How the message is settled. */
  readonly action: Settlement;
  /** How long to wait before settling, in milliseconds: a message that is rejected at once may fail again at once. */
  readonly pause: number;

  /** `cause` is why the policy failed; `pause` is in milliseconds and defaults to 0. */
  constructor(
    message: string,
    action: Settlement,
    options: ErrorOptions & { readonly pause?: number | undefined } = {},
  ) {
    super(message, options);
    this.action = action;
    this.pause = options.pause ?? 0;
  }
}

function formatIssue(issue: MessageIssue): string {
  return `${[issue.in, ...issue.path.map(String)].join(".")}: ${issue.message}`;
}
