/**
 * Isolated functions as handlers, and options of test clients: what compiles, and what must not. Compiled, never run.
 * @module
 */
import { type Repid, Router } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { isolated } from "@repid/core/isolated";
import { type } from "arktype";

interface Heavy {
  calculatePrime(payload: { number: number }): boolean;
  readonly notAFunction: number;
}

declare const app: Repid;
const heavy = isolated<Heavy>(new URL("./heavy.ts", import.meta.url));
const router = new Router({ channel: "heavy_math" });
const prime = router.actor(
  { name: "calculate_prime", timeout: 5_000, payload: type({ number: "number.integer" }) },
  heavy.calculatePrime,
);
// @ts-expect-error the payload's type must fit the function's
router.actor({ name: "bad", payload: type({ number: "string" }) }, heavy.calculatePrime);
// @ts-expect-error not a function
heavy.notAFunction;

const client = new TestClient(app, { throwOnActorError: false });
const result: boolean | undefined = (await client.send(prime, { number: 7 })).result;
// @ts-expect-error what the handler returns is no text
const wrong: string | undefined = (await client.send(prime, { number: 7 })).result;
// @ts-expect-error what must be sent is checked here as well
client.send(prime, { number: "7" });
// @ts-expect-error an option of Python's client
new TestClient(app, { raiseOnActorError: false });
console.log(result, wrong);
