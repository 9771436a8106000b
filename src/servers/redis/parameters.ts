/**
 * What only Redis knows about a publication.
 * @module
 */
import { type KnownParameters, toKnownParameters } from "../../_internal/server_parameters.ts";
import type { ServerSpecificParameters } from "../../contract/server.ts";

/** What {@linkcode RedisServer} takes as `serverSpecificParameters`. Python's names (`maxlen`, `nomkstream`, `stream_id`) mean the same. */
export interface RedisParameters {
  /** The most entries that the stream keeps (`MAXLEN`). Defaults to all. */
  readonly maxLength?: number | undefined;
  /** Whether `maxLength` is met only about, which is much cheaper. Defaults to `true`. */
  readonly approximate?: boolean | undefined;
  /** Whether to refuse the message if the stream does not exist, instead of creating it (`NOMKSTREAM`). Defaults to `false`. */
  readonly noMkStream?: boolean | undefined;
  /** The entry's id. Defaults to `*`: Redis makes one. */
  readonly streamId?: string | undefined;
}

const isBoolean = { accepts: (value: unknown) => typeof value === "boolean", expected: "a boolean" };

const KNOWN: KnownParameters<RedisParameters> = {
  maxLength: {
    accepts: (value) => Number.isInteger(value) && Number(value) >= 0,
    expected: "a whole number",
  },
  approximate: isBoolean,
  noMkStream: isBoolean,
  streamId: { accepts: (value) => typeof value === "string" && value !== "", expected: "a non-empty string" },
};

const PYTHON_NAMES = { maxlen: "maxLength", nomkstream: "noMkStream", stream_id: "streamId" } as const;

/**
 * The arguments of `XADD` between the stream and the fields.
 *
 * @throws {TypeError} If a parameter is not known or has the wrong shape.
 */
export function toXaddArguments(parameters: ServerSpecificParameters): (string | number)[] {
  const { maxLength, approximate = true, noMkStream = false, streamId = "*" } = toKnownParameters(
    "Redis",
    parameters,
    KNOWN,
    PYTHON_NAMES,
  );
  return [
    ...(noMkStream ? ["NOMKSTREAM"] : []),
    ...(maxLength === undefined ? [] : ["MAXLEN", approximate ? "~" : "=", maxLength]),
    streamId,
  ];
}
