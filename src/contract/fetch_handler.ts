/**
 * What serves HTTP requests.
 * @module
 */

/** Answers a request. `Deno.serve`, `Bun.serve` and most frameworks accept such a function. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;
