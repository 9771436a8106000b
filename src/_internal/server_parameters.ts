/**
 * The parameters of one message that only one broker knows: one set of names and one wording for every broker.
 * @module
 */
import { closestName } from "./known_options.ts";

/** What a parameter must be. `name` is its camelCase name; `accepts` says whether a value has the right shape. */
export interface KnownParameter {
  readonly accepts: (value: unknown) => boolean;
  /** What `accepts` wants, for the error: "a non-empty string". */
  readonly expected: string;
}

/** Every parameter of a broker, by its camelCase name. */
export type KnownParameters<T> = Readonly<Record<keyof T, KnownParameter>>;

/**
 * Checks the parameters of one message, and gives those with Python's snake_case names their camelCase names. Parameters
 * that are `undefined` are left out.
 *
 * @throws {TypeError} If one is not known, is given under both names, or has the wrong shape.
 */
export function toKnownParameters<T extends object>(
  broker: string,
  parameters: object,
  known: KnownParameters<T>,
  pythonNames: Readonly<Record<string, keyof T & string>> = {},
): Partial<T> {
  const checked: Record<string, unknown> = {};
  // Not by entries: this runs for each message, mostly without any parameter.
  for (const given in parameters) {
    const value: unknown = Reflect.get(parameters, given);
    const name = Object.hasOwn(pythonNames, given) ? pythonNames[given] as string : given;
    const parameter = Object.hasOwn(known, name) ? known[name as keyof T] : undefined;
    if (!parameter) throw unknownParameter(broker, given, Object.keys(known));
    if (value === undefined) continue;
    if (Object.hasOwn(checked, name)) {
      throw new TypeError(
        `Cannot publish as ${broker} is given the parameter ${name} twice: also as ${given}`,
      );
    }
    if (!parameter.accepts(value)) {
      throw new TypeError(
        `Cannot publish as the ${broker} parameter ${given} is not ${parameter.expected}: ${typeof value}`,
      );
    }
    checked[name] = value;
  }
  return checked as Partial<T>;
}

function unknownParameter(broker: string, unknown: string, names: readonly string[]): TypeError {
  const meant = closestName(unknown, names);
  const hint = meant === undefined ? `but ${names.join(", ")}` : `did you mean ${meant}?`;
  return new TypeError(`Cannot publish as ${broker} has no such parameter: ${unknown}, ${hint}`);
}
