/**
 * Decoding: from the bytes of a message to the value that schemas see.
 * @module
 */
import { atOnce } from "../_internal/maybe_promise.ts";
import { MessageValidationError } from "../contract/errors.ts";
import type { BaseMessage } from "../contract/server.ts";

/** Decodes payloads, and may encode them. */
export interface Converter {
  /** The MIME type it decodes, as the AsyncAPI document says it. */
  readonly contentType: string;
  /** The value in the payload. What it throws makes the message invalid. May be called concurrently. */
  decode(message: BaseMessage): unknown;
  /** The payload for a value; `send()` uses it instead of the application's serializer, and says {@linkcode contentType}. */
  readonly encode?: ((value: unknown) => Uint8Array) | undefined;
}

const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true });
/** What stands where something was no UTF-8. */
const REPLACEMENT = "\uFFFD";
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$/i;

/**
 * Decodes JSON: `application/json`, with parameters or not, `+json` types, and messages that name no type. An empty body
 * counts as `{}`. The default.
 */
export const jsonConverter: Converter = {
  contentType: "application/json",
  decode(message: BaseMessage): unknown {
    if (!isJson(message.contentType)) {
      throw new TypeError(
        `Cannot decode the payload as its content type is not JSON: ${message.contentType}`,
      );
    }
    return message.payload.length === 0 ? {} : parse(textOf(message.payload));
  },
};

/** Strict about UTF-8. The strict decoder takes Deno 270 ns and more, the other one 110. */
function textOf(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  return text.includes(REPLACEMENT) ? strictDecoder.decode(bytes) : text;
}

/** Parses; the runtimes' own errors quote the text, and payloads must not end up in logs. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError(`Cannot decode the payload as it is not valid JSON: ${text.length} characters`);
  }
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType === "" || contentType === "application/json") return true;
  const [type = ""] = contentType.split(";", 1);
  return type.trim() === "" || JSON_TYPE.test(type.trim());
}

/**
 * Decodes, for validation.
 *
 * @throws {MessageValidationError} If the converter throws, whatever it throws.
 */
export function decodeWith(converter: Converter, message: BaseMessage): unknown {
  try {
    return atOnce(
      converter.decode(message),
      "Cannot decode the payload as its converter answers a promise: decode() is not async",
    );
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new MessageValidationError([{ in: "payload", path: [], message: text }], { cause });
  }
}
